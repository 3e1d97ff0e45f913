"""grpc-web: calls of browsers reach a gRPC service, and its status comes back in the body."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gopura.plugin.grpc import frame
from gopura.plugin.proto_file import ProtoError
from gopura.plugins.grpc_web.call import decoded
from gopura.testing import Gateway
from tests.engine.grpc import GrpcEcho
from tests.plugins.things import PROTO, serving

MESSAGE = b"\0\0\0\0\x05hello"
STATUS = b"grpc-status:0\r\ngrpc-message:\r\n"
FRAME = b"\x80" + len(STATUS).to_bytes(4, "big") + STATUS


@pytest.fixture(scope="module")
def service() -> Iterator[GrpcEcho]:
    echo = GrpcEcho()
    yield echo
    echo.stop()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def configure(gateway: Gateway, service: GrpcEcho, strip: bool = False, **config: Any) -> None:
    gateway.configure({
        "services": [{"name": "grpc", "protocol": "grpc", "host": "127.0.0.1", "port": service.port}],
        "routes": [{"paths": ["/pre"], "service": "grpc", "strip_path": strip}],
        "plugins": [{"name": "grpc-web", "config": config}],
    })  # fmt: skip


@pytest.mark.parametrize("media", ["application/grpc-web", "application/grpc-web+proto"])
def test_binary_calls(gateway: Gateway, service: GrpcEcho, media: str) -> None:
    configure(gateway, service)
    answer = gateway.post("/pre/a.B/C", {"Content-Type": media}, body=MESSAGE)
    assert (answer.status, answer.headers["Content-Type"]) == (200, media)
    assert answer.body == MESSAGE + FRAME
    received = service.received[-1]
    assert (received.headers[":path"], received.body) == ("/pre/a.B/C", MESSAGE)
    assert (received.headers["content-type"], received.headers["te"]) == ("application/grpc", "trailers")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_text_calls(gateway: Gateway, service: GrpcEcho) -> None:
    configure(gateway, service)
    media = {"Content-Type": "application/grpc-web-text"}
    answer = gateway.post("/pre/a.B/C", dict(media), body=base64.b64encode(MESSAGE))
    assert decoded(answer.body) == MESSAGE + FRAME
    assert service.received[-1].body == MESSAGE
    assert gateway.post("/pre/a.B/C", dict(media), body=b"!!").status == 400


def test_stripped_paths(gateway: Gateway, service: GrpcEcho) -> None:
    configure(gateway, service, strip=True, pass_stripped_path=True)
    gateway.post("/pre/a.B/C", {"Content-Type": "application/grpc-web"}, body=MESSAGE)
    assert service.received[-1].headers[":path"] == "/a.B/C"


def test_preflight(gateway: Gateway, service: GrpcEcho) -> None:
    configure(gateway, service, allow_origin_header="https://a.test")
    answer = gateway.request("OPTIONS", "/pre/a.B/C")
    assert (answer.status, answer.body) == (200, b"OK")
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.test"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"


@pytest.fixture(scope="module")
def things(gateway: Gateway) -> Iterator[Gateway]:
    """A service that calls with JSON reach."""
    with serving() as port:
        gateway.configure({
            "services": [{"name": "things", "protocol": "grpc", "host": "127.0.0.1", "port": port}],
            "routes": [{"name": name, "hosts": [f"{name}.test"], "service": "things"} for name in ("with", "without")],
            "plugins": [
                {"name": "grpc-web", "route": "with", "config": {"proto": PROTO}},
                {"name": "grpc-web", "route": "without"},
            ],
        })  # fmt: skip
        yield gateway


NO_FILE = "transcoding requests require a .proto file defining the service"
THING = {"name": "a", "whole": False, "number": 5, "labels": [], "colour": "NONE", "counts": {}}


@pytest.mark.parametrize(
    ("media", "wrap", "unwrap"),
    [
        ("application/json", bytes, bytes),
        ("application/grpc-web+json", frame, lambda body: body.removesuffix(FRAME)[5:]),
        ("application/grpc-web-text+json", lambda body: base64.b64encode(frame(body)),
         lambda body: decoded(body).removesuffix(FRAME)[5:]),
    ],
)  # fmt: skip
def test_calls_in_json(
    things: Gateway, media: str, wrap: Callable[[bytes], bytes], unwrap: Callable[[bytes], bytes]
) -> None:
    body = wrap(json.dumps({"name": "a", "number": 5}).encode())
    answer = things.post("/test.Things/Get", {"Host": "with.test", "Content-Type": media}, body=body)
    assert (answer.status, answer.headers["Content-Type"]) == (200, media)
    assert json.loads(unwrap(answer.body)) == THING


@pytest.mark.parametrize(
    ("host", "path", "media", "body", "message"),
    [
        ("without", "Get", "application/json", b"{}", NO_FILE),
        ("without", "Get", "text/plain", b"{}", NO_FILE),
        ("with", "Get", "text/plain", b"{}", "cannot transcode text/plain"),
        ("with", "No", "application/json", b"{}", 'Unknown path "/test.Things/No"'),
        ("with", "Get", "application/json", b"[]", "the call is no JSON object"),
        ("with", "Get", "application/grpc-web+json", b"{}", "the call is no JSON: "),
        ("with", "Get", "application/grpc-web-text+json", b"!", "the call is not in base64"),
    ],
)  # fmt: skip
def test_refused_calls(things: Gateway, host: str, path: str, media: str, body: bytes, message: str) -> None:
    headers = {"Host": f"{host}.test", "Content-Type": media}
    answer = things.post(f"/test.Things/{path}", headers, body=body)
    assert (answer.status, answer.body.decode()[: len(message)]) == (400, message)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"", b""), (b"YQ==", b"a"), (b"YQ==YmM=ZGVm", b"abcdef")],
)
def test_base64_texts(text: bytes, expected: bytes) -> None:
    assert decoded(text) == expected


@pytest.mark.parametrize("text", [b"YQ=", b"!"])
def test_what_is_not_base64(text: bytes) -> None:
    with pytest.raises(ProtoError):
        decoded(text)
