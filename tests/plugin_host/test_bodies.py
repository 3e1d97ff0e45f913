"""Clients' bodies: read when a plugin's turn has come, refused as soon as it is clear that they are too large."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.plugin import Exchange, Plugin, config
from gopura.testing import Gateway
from tests.waiting import PATIENCE

CHUNKED = "Transfer-Encoding: chunked"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Limit(config.Record):
    """How much is taken or read."""

    size: int = 10
    at: str = "access"


class Limiting(Plugin, name="limiting", priority=900):
    """Limits bodies."""

    Config = Limit

    def rewrite(self, exchange: Exchange, config: Limit) -> None:
        if config.at == "rewrite":
            exchange.limit_body(config.size, "too much")

    def access(self, exchange: Exchange, config: Limit) -> None:
        if config.at == "access":
            exchange.limit_body(config.size, "too much", 422)

    def header_filter(self, exchange: Exchange, config: Limit) -> None:
        if config.at == "header_filter":
            exchange.limit_body(config.size)


class Refusing(Plugin, name="refusing", priority=1000):
    """Lets nobody in."""

    class Config(config.Record):
        """Nothing."""

    def access(self, exchange: Exchange, config: Any) -> None:
        exchange.error(401, "no")


class Reading(Plugin, name="reading", priority=800):
    """Has bodies read."""

    Config = Limit

    def request_body_limit(self, config: Limit) -> int:
        return config.size

    def access(self, exchange: Exchange, config: Limit) -> None:
        body = exchange.request.body
        exchange.upstream_request.headers.set("X-Read", "none" if body is None else len(body))


class LoggingLate(Plugin, name="logging-late", priority=1):
    """Wants the body only at the end."""

    Config = Limit

    def request_body_limit(self, config: Limit) -> int:
        return config.size

    def log(self, exchange: Exchange, config: Limit) -> None:
        LOGGED.append(exchange.request.body)


LOGGED: list[bytes | None] = []
PLUGINS = (Limiting, Refusing, Reading, LoggingLate)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway(*PLUGINS, given={}) as running:
        yield running


def configure(gateway: Gateway, *plugins: tuple[str, dict[str, Any]], **route: Any) -> None:
    routes = [{"name": "all", "paths": ["/"], "service": "echo", **route}]
    rows = [{"name": name, "config": settings} for name, settings in plugins]
    gateway.configure({"routes": routes, "plugins": rows})


def sent(gateway: Gateway, lines: str, body: bytes) -> bytes:
    """Everything that comes back until the gateway closes."""
    head = f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) as wire:
        wire.sendall(head + body)
        return b"".join(iter(lambda: wire.recv(65536), b""))


def chunks(size: int) -> bytes:
    return b"1\r\nx\r\n" * size + b"0\r\n\r\n"


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("reading", [0, 5, 100])
@pytest.mark.parametrize(
    ("at", "lines", "body", "status"),
    [
        ("access", "Content-Length: 10", b"x" * 10, 200),
        ("access", "Content-Length: 11", b"x" * 11, 422),
        ("access", "Content-Length: 11", b"", 422),
        ("access", "Content-Length: 11\r\nExpect: 100-continue", b"", 422),
        ("access", CHUNKED, chunks(10), 200),
        ("access", CHUNKED, chunks(11), 422),
        ("access", CHUNKED, chunks(11)[:-5], 422),
        ("access", "X-None: 1", b"", 200),
        ("rewrite", "Content-Length: 11", b"", 413),
        ("rewrite", CHUNKED, chunks(10), 200),
        ("rewrite", CHUNKED, chunks(11), 413),
        ("header_filter", CHUNKED, chunks(3), 500),
    ],
)
def test_limits(
    gateway: Gateway, buffered: bool, reading: int, at: str, lines: str, body: bytes, status: int
) -> None:
    plugins = [("limiting", {"at": at}), ("reading", {"size": reading})]
    configure(gateway, *plugins, request_buffering=buffered)
    answer = sent(gateway, lines, body)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert CONTINUE not in answer
    assert (b"too much" in answer) == (status in (413, 422))


def test_the_smallest_limit_counts(gateway: Gateway) -> None:
    configure(gateway, ("limiting", {"size": 100, "at": "access"}), ("request-size-limiting", SMALL))
    assert sent(gateway, CHUNKED, chunks(4)).startswith(b"HTTP/1.1 200 ")
    assert b"Request size limit exceeded" in sent(gateway, CHUNKED, chunks(6))
    configure(gateway, ("limiting", {"size": 3, "at": "access"}), ("request-size-limiting", SMALL))
    assert b"too much" in sent(gateway, CHUNKED, chunks(4))


SMALL = {"allowed_payload_size": 5, "size_unit": "bytes"}


@pytest.mark.parametrize(
    ("plugins", "lines", "answers"),
    [
        ([("refusing", {}), ("reading", {})], "Content-Length: 3", [b"401"]),
        ([("request-size-limiting", SMALL), ("reading", {})], "Content-Length: 6", [b"417"]),
        ([("request-size-limiting", SMALL)], "Content-Length: 6", [b"417"]),
        ([("request-size-limiting", SMALL), ("reading", {})], "Content-Length: 3", [b"100", b"200"]),
        ([("reading", {"size": 5})], "Content-Length: 6", [b"100", b"200"]),
        ([], "Content-Length: 6", [b"100", b"200"]),
    ],
)
def test_nobody_is_asked_for_a_body_in_vain(
    gateway: Gateway, plugins: list[Any], lines: str, answers: list[bytes]
) -> None:
    configure(gateway, *plugins)
    head = f"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{lines}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE) as wire:
        wire.sendall(head)
        heads = [first_head(wire)]
        if answers[0] == b"100":
            wire.sendall(b"x" * int(lines.rpartition(" ")[2]))
            heads.append(first_head(wire))
        assert [head.split()[1] for head in heads] == answers
        # Whether a body comes is open: the connection cannot serve another request.
        assert (b"connection: close" in heads[-1].lower()) == (answers[0] != b"100")


def first_head(wire: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        piece = wire.recv(1)
        assert piece, head
        head += piece
    return head


@pytest.mark.parametrize(
    ("limits", "size", "seen"),
    [((10,), 3, "3"), ((10,), 0, "0"), ((10,), 5000, "none"), ((5000, 10), 3000, "3000")],
)
def test_what_plugins_read(gateway: Gateway, limits: tuple[int, ...], size: int, seen: str) -> None:
    configure(gateway, ("reading", {"size": limits[0]}))
    answer = gateway.post("/", body=b"x" * size).json()
    assert answer["headers"]["x-read"] == seen
    assert len(answer["body"]) == size


def test_a_plugin_without_access_has_the_body_too(gateway: Gateway) -> None:
    for plugins in ([("logging-late", {})], [("logging-late", {}), ("reading", {})]):
        configure(gateway, *plugins)
        LOGGED.clear()
        assert gateway.post("/", body=b"abc").json()["body"] == "abc"
        gateway.get("/")  # the log phase of the first request is over when the next is served
        assert LOGGED[0] == b"abc"


def test_a_body_that_cannot_be_had_is_logged(gateway: Gateway) -> None:
    """Plugins behind the one that waits for the body still see the request in their later phases."""
    configure(gateway, ("limiting", {}), ("reading", {"size": 100}), ("logging-late", {}))
    LOGGED.clear()
    assert b"too much" in sent(gateway, CHUNKED, chunks(11))
    assert gateway.get("/").status == 200
    assert len(LOGGED) >= 1
