"""What upstreams send is checked: nothing that could begin another line, or be no field, reaches a client."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests.engine.proxy import Config, Proxy


class Saying:
    """Answers each connection with the same bytes."""

    def __init__(self) -> None:
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with wire, suppress(OSError), wire.makefile("rb") as read:
            while read.readline() not in (b"\r\n", b""):
                pass
            wire.sendall(self.answer)


@pytest.fixture
def upstream() -> Iterator[Saying]:
    running = Saying()
    yield running
    running.stop()


@pytest.fixture
def served(proxy: Proxy, upstream: Saying) -> Proxy:
    config = Config()
    config.route(config.service(upstream.port, retries=0), paths=["/"])
    proxy.serve(config)
    return proxy


OK = b"HTTP/1.1 200 OK\r\n"
HEADS = [
    (OK + b"X: a\tb \xe4\r\n", 200),
    (b"HTTP/1.1 200 \xe4 \tK\r\n", 200),
    (b"HTTP/1.1 200\r\n", 200),
    (b"HTTP/1.1 200 O\rX-Evil: 1\r\n", 502),
    (b"HTTP/1.1 200 O\0K\r\n", 502),
    (b"HTTP/1.1 200 O\x1b[2JK\r\n", 502),
    (OK + b"X: a\rX-Evil: 1\r\n", 502),
    (OK + b"X: a\0b\r\n", 502),
    (OK + b"X: \x7f\r\n", 502),
    (OK + b"X-Evil\r\n", 502),
    (OK + b"X-Evil 1\r\n", 502),
    (OK + b": 1\r\n", 502),
    (OK + b"X: a\r\n X-Evil: folded\r\n", 502),
    (OK + b"X Evil: 1\r\n", 502),
    (OK + b"X\0: 1\r\n", 502),
]


@pytest.mark.parametrize(("head", "status"), HEADS)
def test_heads(served: Proxy, upstream: Saying, head: bytes, status: int) -> None:
    upstream.answer = head + b"Content-Length: 2\r\nConnection: close\r\n\r\nok"
    raw = served.raw(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert raw.startswith(b"HTTP/1.1 %d " % status)
    assert (b"evil" in raw.lower(), b"\0" in raw, b"\x1b" in raw) == (False, False, False)
    with httpx.Client(http1=False, http2=True, base_url=f"http://127.0.0.1:{served.port}") as client:
        assert client.get("/").status_code == status


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        (b"X-T: a\tb", True),
        (b"X-T:", True),
        (b"X-T", False),
        (b"X-T 1", False),
        (b" X-T: 1", False),
        (b"X-T: a\0b", False),
        (b"X-T: a\x1bb", False),
        (b"X\0-T: 1", False),
        (b"Content-Length: 7", False),
        (b"Transfer-Encoding: chunked", False),
        (b"Connection: X-T", False),
        (b"Set-Cookie: X-T=1", False),
    ],
)
def test_trailers(served: Proxy, upstream: Saying, line: bytes, seen: bool) -> None:
    upstream.answer = (
        OK
        + b"Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2\r\nok\r\n0\r\n"
        + line
        + b"\r\nX-Z: 1\r\n\r\n"
    )
    raw = served.raw(b"GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n")
    trailers = raw.partition(b"\r\n\r\n")[2].partition(b"\r\n0\r\n")[2]
    assert trailers == (line + b"\r\n" if seen else b"") + b"X-Z: 1\r\n\r\n"
    with httpx.Client(http1=False, http2=True, base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = client.get("/", headers={"TE": "trailers"})
        assert (answer.status_code, answer.content) == (200, b"ok")
