"""Request lines as clients of Kong's Admin API send them."""

import asyncio

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from gopura.controlplane.admin_protocol import AdminProtocol


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    text = b" ".join((scope["raw_path"], scope["query_string"], body)).decode("latin-1")
    await PlainTextResponse(text)(scope, receive, send)


TARGETS: list[tuple[bytes, str]] = [
    (b"/consumers?tags=a", "/consumers tags=a"),
    ("/consumers/円?tags=é".encode(), "/consumers/%E5%86%86 tags=%C3%A9"),
    (b"/consumers/\xff", "/consumers/%FF"),
]


class Pieces(AdminProtocol):
    """Gets what comes in small pieces, as from a slow network."""

    size = 1

    def data_received(self, data: bytes) -> None:
        """Hand it on."""
        for start in range(0, len(data), self.size):
            super().data_received(data[start : start + self.size])


async def _exchange(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("protocol", [AdminProtocol, Pieces])
@pytest.mark.parametrize(("target", "seen"), TARGETS)
async def test_bytes_beyond_ascii(target: bytes, seen: str, protocol: type[AdminProtocol]) -> None:
    config = uvicorn.Config(_echo, http=protocol, lifespan="off", log_config=None, port=0)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    head = b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n\xc3\xa9"
    try:
        answer = await _exchange(port, b"POST " + target + head)
    finally:
        server.should_exit = True
        await server.shutdown()
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.partition(b"\r\n\r\n")[2].decode().split() == [*seen.split(), "Ã©"]
