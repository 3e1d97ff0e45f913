"""grpc-web: calls of browsers reach a gRPC service, and its status comes back in the body."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.plugins.grpc_web import decoded
from gopura.testing import Gateway
from tests.engine.grpc import GrpcEcho

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


def test_other_media_types(gateway: Gateway, service: GrpcEcho) -> None:
    configure(gateway, service)
    answer = gateway.post("/pre/a.B/C", json={})
    assert (answer.status, b".proto" in answer.body) == (400, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [(b"", b""), (b"YQ==", b"a"), (b"YQ==YmM=ZGVm", b"abcdef"), (b"YQ=", None), (b"!", None)],
)
def test_base64_texts(text: bytes, expected: bytes | None) -> None:
    assert decoded(text) == expected
