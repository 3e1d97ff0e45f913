"""grpc-gateway: HTTP with JSON reaches a gRPC service by the bindings of its .proto file."""

from collections.abc import Iterator
from typing import Any

import pytest

from gopura.testing import Gateway
from tests.plugins.things import PROTO, serving

EMPTY = {"name": "", "whole": False, "number": 0, "labels": [], "colour": "NONE", "counts": {}}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with serving() as port, Gateway() as running:
        running.configure({
            "services": [{"name": "things", "protocol": "grpc", "host": "127.0.0.1", "port": port}],
            "routes": [
                {"name": name, "hosts": [f"{name}.test"], "service": "things"}
                for name in ("good", "none", "absent")
            ],
            "plugins": [
                {"name": "grpc-gateway", "route": "good", "config": {"proto": PROTO}},
                {"name": "grpc-gateway", "route": "none"},
                {"name": "grpc-gateway", "route": "absent", "config": {"proto": "/nowhere.proto"}},
            ],
        })  # fmt: skip
        yield running


@pytest.mark.parametrize(
    ("method", "target", "body", "expected"),
    [
        ("GET", "/v1/things/a", None, {"name": "a"}),
        ("GET", "/v1/things/a%20b%2Fc", None, {"name": "a b/c"}),
        ("DELETE", "/v1/things/a", None, {"name": "a"}),
        ("GET", "/v1/under/shelves/1/things/a/b", None, {"name": "shelves/1/things/a/b"}),
        ("GET", "/v1/parts/wheel:weigh", None, {"part": {"name": "wheel", "weight": 0}}),
        ("GET", "/v1/things/a?whole=true", None, {"name": "a", "whole": True}),
        ("GET", "/v1/things/a?whole=0", None, {"name": "a"}),
        ("GET", "/v1/things/a?whole=1&number=5&colour=RED", None,
         {"name": "a", "whole": True, "number": 5, "colour": "RED"}),
        ("GET", "/v1/things/a?part.name=b&part.weight=2", None,
         {"name": "a", "part": {"name": "b", "weight": 2}}),
        ("GET", "/v1/things/a?labels=x&labels=y", None, {"name": "a", "labels": ["x", "y"]}),
        ("GET", "/v1/things/a?labels=x", None, {"name": "a", "labels": ["x"]}),
        ("GET", "/v1/things/a?unknown=1&part.unknown=2&name.x=3", None,
         {"name": "a", "part": {"name": "", "weight": 0}}),
        ("PUT", "/v1/things/a", {"number": 9007199254740993, "unknown": 1},
         {"name": "a", "number": 9007199254740993}),
        ("PUT", "/v1/things/a", {"part": {"weight": 3}, "labels": [], "counts": {"x": 1}},
         {"name": "a", "part": {"name": "", "weight": 3}, "counts": {"x": 1}}),
        ("PUT", "/v1/things/a?whole=1", {}, {"name": "a"}),
        ("PUT", "/v1/things/a", None, {"name": "a"}),
        ("PUT", "/v1/things/a", {"made": "2024-02-03T04:05:06Z"}, {"name": "a", "made": "2024-02-03T04:05:06Z"}),
        ("PUT", "/v1/things/a", {"made": "2024-02-03T04:05:06"}, {"name": "a", "made": "2024-02-03T04:05:06Z"}),
        ("PATCH", "/v1/things/a", {"name": "b"}, {"name": "a", "part": {"name": "b", "weight": 0}}),
    ],
)  # fmt: skip
def test_calls(gateway: Gateway, method: str, target: str, body: Any, expected: dict[str, Any]) -> None:
    answer = gateway.request(method, target, {"Host": "good.test"}, json=body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == EMPTY | expected
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("host", "method", "target", "body", "message"),
    [
        ("good", "GET", "/v1/nothing", b"", 'failed to transcode .proto file Unknown path "/v1/nothing"'),
        ("good", "GET", "/v1/things/a/b", b"", 'failed to transcode .proto file Unknown path "/v1/things/a/b"'),
        ("good", "POST", "/v1/things/a", b"", 'failed to transcode .proto file Unknown method "post"'),
        ("good", "PUT", "/v1/things/a", b'{"number": "x"}', "failed to encode payload"),
        ("good", "PUT", "/v1/things/a", b"{", "failed to encode payload"),
        ("good", "PUT", "/v1/things/a", b"[]", "failed to encode payload"),
        ("none", "GET", "/v1/things/a", b"", "transcoding requests require a .proto file defining the service"),
        ("absent", "GET", "/v1/things/a", b"", "failed to transcode .proto file /nowhere.proto"),
    ],
)  # fmt: skip
def test_refusals(gateway: Gateway, host: str, method: str, target: str, body: bytes, message: str) -> None:
    answer = gateway.request(method, target, {"Host": f"{host}.test"}, body=body)
    assert (answer.status, answer.body.decode()) == (400, message)


def test_a_failed_call_has_the_status_of_its_grpc_status(gateway: Gateway) -> None:
    answer = gateway.request("GET", "/v1/missing", {"Host": "good.test"})
    assert (answer.status, answer.headers["grpc-status"]) == (500, "12")


def test_preflight(gateway: Gateway) -> None:
    answer = gateway.request("OPTIONS", "/v1/things/a", {"Host": "good.test"})
    assert (answer.status, answer.body) == (200, b"OK")
    assert answer.headers["Access-Control-Allow-Methods"] == "GET,POST,PATCH,DELETE"
