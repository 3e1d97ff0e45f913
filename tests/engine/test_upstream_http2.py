"""HTTP/2 to upstreams that choose it by ALPN."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from h2.errors import ErrorCodes

from tests.engine.certificates import authority
from tests.engine.http2_origin import Asked, Http2Origin, Script
from tests.engine.proxy import Answer, Config, Proxy, parse
from tests.waiting import wait_for

Start = Callable[..., tuple[Proxy, Http2Origin]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a gateway in front of a scripted upstream."""
    running: list[Proxy | Http2Origin] = []

    def make(
        script: Script, *, streams: int = 100, service: dict[str, int] | None = None, **settings: Any
    ) -> tuple[Proxy, Http2Origin]:
        origin = Http2Origin(authority(tmp_path, "up.test"), script, streams)
        proxy = Proxy(**settings)
        running.extend([proxy, origin])
        config = Config()
        fields = {"protocol": "https", "retries": 1, **(service or {})}
        config.route(config.service(origin.port, **fields), paths=["/"], strip_path=False)
        proxy.serve(config)
        return proxy, origin

    yield make
    for it in running:
        it.stop()


def echo(asked: Asked) -> None:
    """Answer with the body."""
    asked.answer(asked.body)


def together(count: int, ask: Callable[[int], Answer]) -> list[Answer]:
    """Ask so many times at once."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


def test_request_and_response(start: Start) -> None:
    seen: list[Asked] = []

    def script(asked: Asked) -> None:
        seen.append(asked)
        asked.answer(asked.body)

    proxy, origin = start(script)
    for _ in range(3):
        answer = proxy.get("/a%20b?c=d", method="POST", body=b"hello", X_Own="1")
        assert (answer.status, answer.reason, answer.body) == (200, "OK", b"hello")
        assert answer.header("via") == "gopura/0.1.0"
    assert proxy.get("/", method="HEAD").status == 200
    headers = seen[0].headers
    assert (headers[":method"], headers[":path"], headers["x-own"]) == ("POST", "/a%20b?c=d", "1")
    assert (headers[":authority"], headers["content-length"]) == (f"127.0.0.1:{origin.port}", "5")
    assert (headers["x-forwarded-for"], headers["x-forwarded-host"]) == ("127.0.0.1", "a.test")
    assert "connection" not in headers
    assert origin.connections == 1


def test_an_answer_without_a_body_leaves_the_connection_usable(start: Start) -> None:
    proxy, _ = start(lambda asked: asked.answer(status="204" if asked.headers[":path"] == "/none" else "200"))
    requests = [f"{line} HTTP/1.1\r\nHost: a\r\n\r\n".encode() for line in ("GET /", "GET /none", "HEAD /")]
    answers = proxy.raw(*requests, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").decode()
    assert re.findall(r"^HTTP/1.1 (\d+)", answers, re.MULTILINE) == ["200", "204", "200", "200"]
    assert answers.count("Content-Length: 0") == 2


def test_trailers(start: Start) -> None:
    proxy, _ = start(lambda asked: asked.answer(b"abc", trailers={"x-sum": "1"}))
    raw = proxy.raw(b"GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close, TE\r\n\r\n")
    assert raw.endswith(b"\r\n3\r\nabc\r\n0\r\nx-sum: 1\r\n\r\n")


@pytest.mark.parametrize(("streams", "connections"), [(100, 1), (2, 2)], ids=["all", "the upstream's limit"])
def test_requests_share_a_connection(start: Start, streams: int, connections: int) -> None:
    """The first request makes the connection; then four are held until all are there."""
    waiting: list[Asked] = []
    lock = threading.Lock()

    def script(asked: Asked) -> None:
        if asked.headers[":path"] == "/first":
            return asked.answer(b"first")
        with lock:
            waiting.append(asked)
            if len(waiting) == 4:
                for held in waiting:
                    held.answer(b"held")
                    held.wire.send()
        return None

    proxy, origin = start(script, streams=streams)
    assert proxy.get("/first").body == b"first"
    assert {answer.body for answer in together(4, lambda _: proxy.get("/held"))} == {b"held"}
    assert origin.connections == connections


def test_many_at_once(start: Start) -> None:
    proxy, _origin = start(echo, streams=4)
    bodies = [answer.body for answer in together(24, lambda n: proxy.get("/", method="POST", body=b"%d" % n))]
    assert bodies == [b"%d" % n for n in range(24)]


def refuse_once() -> Script:
    refused: list[int] = []

    def script(asked: Asked) -> None:
        if refused:
            return asked.answer(asked.body)
        refused.append(asked.stream)
        asked.wire.protocol.reset_stream(asked.stream, ErrorCodes.REFUSED_STREAM)
        return None

    return script


def say_good_bye_once() -> Script:
    """Answer one request on the first connection; the second comes too late."""

    def script(asked: Asked) -> None:
        if asked.wire.number > 1 or asked.stream == 1:
            return asked.answer(asked.body)
        asked.wire.protocol.close_connection(last_stream_id=1)
        asked.wire.hang_up()
        return None

    return script


@pytest.mark.parametrize("script", [refuse_once, say_good_bye_once])
def test_what_was_not_looked_at_is_sent_again(start: Start, script: Callable[[], Script]) -> None:
    proxy, _ = start(script())
    for _ in range(3):
        answer = proxy.get("/", method="POST", body=b"x")
        assert (answer.status, answer.body) == (200, b"x")


@pytest.mark.parametrize(
    ("method", "retries", "status"), [("GET", 1, 200), ("GET", 0, 502), ("POST", 1, 502)]
)
def test_a_new_connection_that_dies(start: Start, method: str, retries: int, status: int) -> None:
    """What may have been acted upon is sent again only if that does no harm."""

    def script(asked: Asked) -> None:
        if asked.wire.number == 1:
            return asked.wire.hang_up()
        asked.answer()
        return None

    proxy, _ = start(script, service={"retries": retries})
    assert proxy.get("/", method=method, body=b"x").status == status


def test_a_body_that_is_cut_off(start: Start) -> None:
    def script(asked: Asked) -> None:
        asked.wire.protocol.send_headers(asked.stream, [(":status", "200"), ("content-length", "10")])
        asked.wire.protocol.send_data(asked.stream, b"abc")
        asked.wire.hang_up()

    proxy, _ = start(script)
    answer = proxy.get("/")
    assert (answer.header("content-length"), answer.body) == ("10", b"abc")


def test_time_out(start: Start) -> None:
    """A connection on which an answer did not come is not used again."""
    impatient = {"retries": 0, "read_timeout": 500}
    proxy, origin = start(lambda asked: asked.answer() if asked.wire.number > 1 else None, service=impatient)
    assert proxy.get("/").status == 504
    assert proxy.get("/").status == 200
    assert origin.connections == 2


def test_a_client_that_leaves_costs_no_connection(start: Start) -> None:
    asked: list[str] = []

    def script(one: Asked) -> None:
        asked.append(one.headers[":path"])
        if one.headers[":path"] != "/held":
            one.answer()

    proxy, origin = start(script)
    with proxy.connect() as client:
        client.sendall(b"GET /held HTTP/1.1\r\nHost: a\r\n\r\n")
        wait_for(lambda: asked == ["/held"])
    wait_for(lambda: proxy.engine.counters()["connections_active"] == 0)
    assert proxy.get("/").status == 200
    assert origin.connections == 1


def test_a_connection_serves_so_many_requests(start: Start) -> None:
    proxy, origin = start(echo, upstream_keepalive_max_requests=2)
    for _ in range(5):
        assert proxy.get("/").status == 200
    assert origin.connections == 3


def test_no_connection_is_kept(start: Start) -> None:
    proxy, origin = start(echo, upstream_keepalive_pool_size=0)
    for _ in range(2):
        assert proxy.get("/").status == 200
    assert origin.connections == 2
    wait_for(lambda: origin.open == 0)


def test_idle_connections_are_closed(start: Start) -> None:
    proxy, origin = start(echo, upstream_keepalive_idle_timeout=0.5)
    assert proxy.get("/").status == 200
    wait_for(lambda: origin.open == 0)


def test_http1_where_it_is_needed(start: Start) -> None:
    """WebSocket, a request that HTTP/2 cannot say, and where HTTP/2 is switched off."""
    proxy, _ = start(echo)
    assert proxy.get("/", Upgrade="websocket", Connection="upgrade").body == b"HTTP/1.1"
    assert proxy.get("/?a=<b>").body == b"HTTP/1.1"
    assert proxy.get("/", method="POST", body=b"by HTTP/2").body == b"by HTTP/2"
    proxy, _ = start(echo, upstream_http2=False)
    assert proxy.get("/").body == b"HTTP/1.1"


def test_large_bodies(start: Start) -> None:
    """Larger than any window; the answer tells how much came."""
    proxy, _ = start(lambda asked: asked.answer(b"%d" % len(asked.body)))
    assert proxy.get("/", method="POST", body=bytes(3 << 20)).body == b"%d" % (3 << 20)
    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(1 << 16) + b"\r\n"
    assert parse(proxy.raw(head, chunk * 32, b"0\r\n\r\n")).body == b"%d" % (1 << 21)
