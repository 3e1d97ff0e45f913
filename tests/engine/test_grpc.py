"""gRPC through the gateway."""

from collections.abc import Iterator

import pytest

from tests.engine.grpc import GrpcClient, GrpcEcho
from tests.engine.proxy import Config, Proxy
from tests.servers.ports import free_port


@pytest.fixture
def upstream() -> Iterator[GrpcEcho]:
    """A gRPC server."""
    server = GrpcEcho()
    yield server
    server.stop()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[GrpcClient]:
    """A gRPC client of the gateway."""
    connected = GrpcClient(proxy.port)
    yield connected
    connected.close()


def serve(proxy: Proxy, port: int, **fields: object) -> None:
    config = Config()
    config.route(
        config.service(port, protocol="grpc", **fields), protocols=["grpc"], paths=["/a.B"], strip_path=False
    )
    proxy.serve(config)


def test_unary(proxy: Proxy, upstream: GrpcEcho, client: GrpcClient) -> None:
    serve(proxy, upstream.port)
    for _ in range(2):
        number = client.start("/a.B/C", **{"x-own": "1"})
        client.send(number, b"\0\0\0\0\3abc", last=True)
        answer = client.read(number)
        assert (answer.headers[":status"], answer.body) == ("200", b"\0\0\0\0\3abc")
        assert answer.trailers == {"grpc-status": "0"}
        assert answer.headers["via"] == "gopura/0.1.0"
    seen = upstream.received[0].headers
    assert (seen[":path"], seen["te"], seen["x-own"]) == ("/a.B/C", "trailers", "1")
    assert seen[":authority"] == f"127.0.0.1:{upstream.port}"
    assert seen["x-forwarded-for"] == "127.0.0.1"


def test_streams_both_ways(proxy: Proxy, upstream: GrpcEcho, client: GrpcClient) -> None:
    serve(proxy, upstream.port)
    number = client.start("/a.B/C")
    for piece in (b"one", b"two", b"three"):
        client.send(number, piece)
        assert client.read(number, len(piece)).body == piece
    client.send(number, b"", last=True)
    assert client.read(number).trailers == {"grpc-status": "0"}


def test_large_messages(proxy: Proxy, upstream: GrpcEcho, client: GrpcClient) -> None:
    serve(proxy, upstream.port)
    number = client.start("/a.B/C")
    total = 0
    for _ in range(20):
        client.send(number, b"x" * 16000)
        total += len(client.read(number, 16000).body)
    client.send(number, b"", last=True)
    client.read(number)
    assert total == 320_000


def test_no_upstream(proxy: Proxy, client: GrpcClient) -> None:
    serve(proxy, free_port(), retries=1)
    number = client.start("/a.B/C")
    client.send(number, b"x", last=True)
    assert client.read(number).headers[":status"] == "502"


def test_only_grpc(proxy: Proxy, upstream: GrpcEcho) -> None:
    serve(proxy, upstream.port)
    assert proxy.get("/a.B/C").status == 415
    assert proxy.get("/a.B/C", Content_Type="application/grpc").status == 426
