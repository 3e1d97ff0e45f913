"""Clients that keep something back: their request's body, or their reading of the response."""

import fcntl
import socket
import ssl
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.certificates import authority
from tests.engine.proxy import Config, Proxy, parse
from tests.servers.echo import Echo
from tests.waiting import wait_for

POST = b"POST /p HTTP/1.1\r\nHost: a\r\n"

STALLED: list[tuple[str, bytes]] = [
    ("small body", POST + b"Content-Length: 10\r\n\r\nabc"),
    ("body that is streamed", POST + b"Content-Length: 1000000\r\n\r\n" + b"a" * 200_000),
    ("no chunk", POST + b"Transfer-Encoding: chunked\r\n\r\n"),
    ("half a chunk", POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
]


def serve(proxy: Proxy, echo: Echo, **times: int) -> None:
    config = Config()
    config.route(config.service(echo.port, **times), paths=["/"], strip_path=False)
    proxy.serve(config)


@pytest.fixture
def impatient() -> Iterator[Proxy]:
    """An engine that waits for clients no longer than 200 ms."""
    running = Proxy(nginx_http_client_body_timeout="200ms", nginx_http_send_timeout="200ms")
    yield running
    running.stop()


@pytest.mark.parametrize("request_", [case[1] for case in STALLED], ids=[case[0] for case in STALLED])
def test_body_that_does_not_come(impatient: Proxy, echo: Echo, request_: bytes) -> None:
    serve(impatient, echo)
    answer = parse(impatient.raw(request_))
    assert (answer.status, answer.header("connection")) == (408, "close")


def test_response_that_is_not_read(impatient: Proxy, echo: Echo) -> None:
    serve(impatient, echo)
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=5) as client:
        client.sendall(b"GET /bytes/50000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(lambda: impatient.engine.counters()["connections_accepted"] == 1)
        wait_for(lambda: impatient.engine.counters()["connections_active"] == 0)


def test_a_client_that_pauses_is_not_the_fault_of_the_upstream(proxy: Proxy, echo: Echo) -> None:
    serve(proxy, echo, write_timeout=100, read_timeout=100)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
        client.sendall(POST + b"Content-Length: 200000\r\n\r\n" + b"a" * 199_999)
        client.settimeout(0.3)  # three times as long as the upstream may take
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(5)
        client.sendall(b"a")
        assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_nobody_connects_for_a_client_that_has_left(proxy: Proxy) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first:
        port = full.getsockname()[1]
        first.connect(("127.0.0.1", port))  # takes the only place, so the next ones wait
        config = Config()
        config.route(config.service(port, connect_timeout=60_000), paths=["/"])
        proxy.serve(config)
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            wait_for(lambda: proxy.engine.counters()["total_requests"] == 1)
        wait_for(lambda: proxy.engine.counters()["connections_active"] == 0)


def test_the_end_of_a_response_over_tls(echo: Echo, tmp_path: Path) -> None:
    chain, key = authority(tmp_path, "a.test")
    proxy = Proxy(default_certificates=[[str(chain), str(key)]], send_buffer=16_384)
    try:
        serve(proxy, echo)
        for length in range(40_000, 160_000, 8_000):
            assert read_late(proxy, length) == length
    finally:
        proxy.stop()


def read_late(proxy: Proxy, length: int) -> int:
    """How many bytes of a body come when its reader begins once no more fit between it and the gateway."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(5)
        wire.connect(("127.0.0.1", proxy.tls_port))
        with context.wrap_socket(wire, server_hostname="a.test") as secured:
            secured.sendall(f"GET /bytes/{length} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            wait_for(lambda: unread(secured) >= 2048)
            seen = b""
            while len(seen.partition(b"\r\n\r\n")[2]) < length:
                seen += secured.recv(65536)
            return len(seen.partition(b"\r\n\r\n")[2])


def unread(connection: socket.socket) -> int:
    """Bytes that have come and wait in the kernel."""
    number: int = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.FIONREAD, b"\0" * 4))[0]
    return number
