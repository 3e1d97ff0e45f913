"""`request_buffering`: the body is read before the upstream is asked, in a file beyond what is kept in memory."""

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.engine.certificates import authority
from tests.engine.http2_origin import Asked, Http2Origin
from tests.engine.proxy import Config, Proxy, parse
from tests.waiting import PATIENCE, wait_for

SIZES = [0, 1, 64 * 1024, 64 * 1024 + 1, 1_000_000]


class Digesting:
    """Answers with the length and the digest of the body; the first `cuts` connections are closed before that."""

    def __init__(self) -> None:
        self.cuts = 0
        self.heads: list[bytes] = []
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
            head = b"".join(iter(read.readline, b"\r\n"))
            self.heads.append(head.lower())
            if self.cuts > 0:
                self.cuts -= 1
                return
            text = digest(body_of(head.lower(), read)).encode()
            wire.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 40\r\n\r\n" + text)


def body_of(head: bytes, read: object) -> bytes:
    """A body, by its length or in chunks."""
    if b"chunked" in head:
        sizes = iter(lambda: int(read.readline() or b"0", 16), 0)  # type: ignore[attr-defined]
        return b"".join(read.read(size + 2)[:-2] for size in sizes)  # type: ignore[attr-defined]
    length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
    return read.read(int(length or b"0"))  # type: ignore[attr-defined,no-any-return]


def digest(body: bytes) -> str:
    return f"{len(body):08}" + hashlib.sha256(body).hexdigest()[:32]


@pytest.fixture
def upstream() -> Iterator[Digesting]:
    running = Digesting()
    yield running
    running.stop()


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    running = Proxy(prefix=str(tmp_path))
    yield running
    running.stop()


def serve(proxy: Proxy, port: int, **fields: object) -> None:
    config = Config()
    config.route(config.service(port, retries=2), paths=["/"], **fields)
    proxy.serve(config)


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_bodies_arrive_whole(proxy: Proxy, upstream: Digesting, size: int, buffered: bool) -> None:
    serve(proxy, upstream.port, request_buffering=buffered)
    body = os.urandom(size)
    assert proxy.get("/", method="POST", body=body).body.decode() == digest(body)
    assert chunked(proxy, body).body.decode() == digest(body)
    lengths = [b"content-length: %d" % size in head for head in upstream.heads]
    assert lengths == [True, buffered]


def chunked(proxy: Proxy, body: bytes) -> object:
    """A request in chunks."""
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
    return parse(proxy.raw(head, *(b"%x\r\n%s\r\n" % (len(it), it) for it in pieces), b"0\r\n\r\n"))


@pytest.mark.parametrize("buffered", [True, False])
def test_when_the_upstream_is_asked(proxy: Proxy, upstream: Digesting, buffered: bool) -> None:
    """A client that gives up half-way is never seen by the upstream, unless bodies stream."""
    serve(proxy, upstream.port, request_buffering=buffered)
    with proxy.connect() as client:
        client.sendall(b"POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + bytes(150_000))
        if not buffered:
            wait_for(lambda: len(upstream.heads) == 1)
    assert proxy.get("/whole").status == 200
    assert [head.split()[1] for head in upstream.heads] == [b"/half"] * (not buffered) + [b"/whole"]


def test_a_long_body_is_sent_again(proxy: Proxy, upstream: Digesting) -> None:
    serve(proxy, upstream.port)
    body, upstream.cuts = os.urandom(500_000), 2
    assert proxy.get("/", method="PUT", body=body).body.decode() == digest(body)
    assert len(upstream.heads) == 3


def test_over_http2(tmp_path: Path, proxy: Proxy) -> None:
    seen: list[bytes] = []

    def script(asked: Asked) -> None:
        seen.append(asked.body)
        asked.answer(b"so")

    origin = Http2Origin(authority(tmp_path, "up.test"), script)
    config = Config()
    config.route(config.service(origin.port, protocol="https"), paths=["/"])
    proxy.serve(config)
    body = os.urandom(1_000_000)
    assert proxy.get("/", method="POST", body=body).body == b"so"
    assert seen == [body]
    origin.stop()


def test_no_file_is_left(proxy: Proxy, upstream: Digesting, tmp_path: Path) -> None:
    serve(proxy, upstream.port)
    assert proxy.get("/", method="POST", body=bytes(200_000)).status == 200
    assert list(tmp_path.iterdir()) == []


def test_no_room_on_disk(upstream: Digesting, tmp_path: Path) -> None:
    proxy = Proxy(prefix=str(tmp_path / "missing"))
    try:
        serve(proxy, upstream.port)
        assert proxy.get("/", method="POST", body=bytes(60_000)).status == 200
        assert proxy.get("/", method="POST", body=bytes(600_000)).status == 500
        assert len(upstream.heads) == 1
    finally:
        proxy.stop()


def test_more_in_memory(upstream: Digesting, tmp_path: Path) -> None:
    proxy = Proxy(prefix=str(tmp_path / "missing"), nginx_http_client_body_buffer_size="1m")
    try:
        serve(proxy, upstream.port)
        assert proxy.get("/", method="POST", body=bytes(600_000)).status == 200
    finally:
        proxy.stop()


def test_a_client_that_is_too_slow(upstream: Digesting, tmp_path: Path) -> None:
    proxy = Proxy(prefix=str(tmp_path), nginx_http_client_body_timeout="50ms")
    try:
        serve(proxy, upstream.port)
        head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"
        assert proxy.raw(head, bytes(100_000), timeout=PATIENCE).startswith(b"HTTP/1.1 408 ")
        assert upstream.heads == []
    finally:
        proxy.stop()
