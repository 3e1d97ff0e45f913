"""Requests as upstreams get them, and responses as clients get them."""

import time
from collections.abc import Callable

import pytest

from tests.engine.proxy import Answer, Config, Proxy, parse
from tests.servers.echo import Echo


@pytest.fixture
def served(proxy: Proxy, echo: Echo) -> Proxy:
    """`/p` goes to the echo's `/base`."""
    config = Config()
    service = config.service(echo.port, path="/base")
    config.route(service, paths=["/p"])
    proxy.serve(config)
    return proxy


def test_headers_of_a_plain_request(served: Proxy, echo: Echo) -> None:
    answer = served.get("/p/x?a=b", X_Own="1")
    assert answer.status == 200
    seen = answer.json()
    assert seen["target"] == "/base/x?a=b"
    headers = seen["headers"]
    request_id = headers.pop("x-kong-request-id")
    assert headers == {
        "host": f"127.0.0.1:{echo.port}",
        "connection": "keep-alive",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "a.test",
        "x-forwarded-port": str(served.port),
        "x-forwarded-path": "/p/x",
        "x-forwarded-prefix": "/p",
        "x-real-ip": "127.0.0.1",
        "x-own": "1",
    }
    assert answer.header("x-kong-request-id") == request_id
    assert answer.header("via") == "gopura/0.1.0"
    assert answer.header("x-kong-proxy-latency") is not None
    assert answer.header("x-kong-upstream-latency") is not None


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ({"X-Forwarded-For": "10.0.0.1"}, {"x-forwarded-for": "10.0.0.1, 127.0.0.1"}),
        ({"X-Forwarded-Proto": "https"}, {"x-forwarded-proto": "http"}),
        ({"X-Forwarded-Prefix": "/other"}, {"x-forwarded-prefix": "/p"}),
        ({"X-Consumer-ID": "x", "X-Credential-Identifier": "y"}, {"x-consumer-id": None}),
        ({"X-Anonymous-Consumer": "true"}, {"x-anonymous-consumer": None}),
        (
            {"x_consumer_id": "x", "X_Consumer-Groups": "y"},
            {"x_consumer_id": None, "x_consumer-groups": None},
        ),
        ({"X-Authenticated-Scope": "x"}, {"x-authenticated-scope": None}),
        ({"Connection": "keep-alive, X-Hop", "X-Hop": "a"}, {"x-hop": None, "connection": "keep-alive"}),
        ({"TE": "trailers, deflate"}, {"te": "trailers"}),
        ({"Upgrade": "h2c"}, {"upgrade": None}),
        ({"Proxy": "http://x"}, {"proxy": None}),
        ({"Keep-Alive": "timeout=5"}, {"keep-alive": None}),
        ({"Trailer": "X-T"}, {"trailer": "X-T"}),
    ],
)
def test_headers_of_clients(served: Proxy, sent: dict[str, str], seen: dict[str, str | None]) -> None:
    headers = served.get("/p", **sent).json()["headers"]
    assert {name: headers.get(name) for name in seen} == seen


@pytest.mark.parametrize(
    ("sent", "answered", "seen"),
    [
        ({}, "Upgrade=websocket", {"upgrade": None}),
        ({"Upgrade": "websocket"}, "Upgrade=WebSocket", {"upgrade": "WebSocket"}),
        ({"Upgrade": "websocket"}, "Upgrade=h2c", {"upgrade": None}),
        ({}, "Trailer=X-T", {"trailer": None}),
        ({"TE": "deflate"}, "Trailer=X-T", {"trailer": None}),
        ({"TE": "deflate, trailers"}, "Trailer=X-T", {"trailer": "X-T"}),
        ({}, "Connection=X-Hop&X-Hop=1&Keep-Alive=5", {"x-hop": None, "keep-alive": None}),
        ({}, "Proxy-Authenticate=Basic", {"proxy-authenticate": "Basic"}),
    ],
)
def test_headers_of_upstreams(
    served: Proxy, sent: dict[str, str], answered: str, seen: dict[str, str | None]
) -> None:
    answer = served.get(f"/p/headers?{answered}", **sent)
    assert {name: answer.header(name) for name in seen} == seen


@pytest.mark.parametrize(
    ("directive", "path", "seen"),
    [
        ("X-Added one", "/", "one"),
        ("X-Added one", "/status/404", None),
        ('X-Added "one two" always', "/status/404", "one two"),
    ],
)
def test_a_header_of_the_settings(echo: Echo, directive: str, path: str, seen: str | None) -> None:
    proxy = Proxy(nginx_http_add_header=directive)
    try:
        config = Config()
        config.route(config.service(echo.port), paths=["/"])
        proxy.serve(config)
        assert proxy.get(path).header("x-added") == seen
    finally:
        proxy.stop()


@pytest.mark.parametrize("on", [True, False])
def test_a_request_id_that_is_not_the_gateways_own(echo: Echo, on: bool) -> None:
    chosen = ["X-Kong-Request-Id"] if on else ["off"]
    proxy = Proxy(headers=chosen, headers_upstream=chosen)
    try:
        config = Config()
        config.route(config.service(echo.port), paths=["/"])
        proxy.serve(config)
        answer = proxy.get("/headers?X-Kong-Request-Id=upstreams", X_Kong_Request_Id="clients")
        ids = answer.json()["headers"]["x-kong-request-id"], answer.header("x-kong-request-id")
        assert (ids == ("clients", "upstreams")) == (not on)
        assert (ids[0] == ids[1]) == on
    finally:
        proxy.stop()


def test_latencies(served: Proxy) -> None:
    """Sending the request is the upstream's time, reading ahead what a client sends is the gateway's."""
    upstream, own = shortest_latencies(lambda: served.get("/p/delay/200"))
    assert upstream >= 200
    assert own < 200
    upstream, own = shortest_latencies(lambda: slowly_sent(served))
    assert upstream < 150
    assert own >= 150


def shortest_latencies(ask: Callable[[], Answer]) -> tuple[int, int]:
    """The upstream's and the gateway's, in milliseconds: a machine that stands still adds to some, not to all."""
    answers = [ask() for _ in range(3)]
    upstream = [int(str(answer.header("x-kong-upstream-latency"))) for answer in answers]
    own = [int(str(answer.header("x-kong-proxy-latency"))) for answer in answers]
    return min(upstream), min(own)


def slowly_sent(served: Proxy) -> Answer:
    """The answer to a request whose body comes in two pieces."""
    head = b"POST /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    with served.connect() as client:
        client.sendall(head + b"a")
        time.sleep(0.2)
        client.sendall(b"b")
        return parse(b"".join(iter(lambda: client.recv(65536), b"")))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND", "FOO-BAR"])
def test_methods_and_bodies(served: Proxy, method: str) -> None:
    seen = served.get("/p", method=method, body=b"abc").json()
    assert (seen["method"], seen["body"], seen["headers"]["content-length"]) == (method, "abc", "3")


def test_chunked_request_and_response(served: Proxy) -> None:
    head = b"POST /p/chunked HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    raw = served.raw(head, b"3\r\nabc\r\n", b"4\r\ndefg\r\n0\r\n\r\n")
    assert b"abcdefg" in raw
    assert b"Transfer-Encoding: chunked\r\n" in raw


def test_large_bodies_both_ways(served: Proxy) -> None:
    assert len(served.get("/p/bytes/3000000").body) == 3_000_000
    seen = served.get("/p", method="POST", body=b"x" * 2_000_000).json()
    assert len(seen["body"]) == 2_000_000


def test_head_and_empty_answers(served: Proxy) -> None:
    answer = served.get("/p/bytes/10", method="HEAD")
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "10")
    assert served.get("/p/status/204").status == 204
    assert served.get("/p/status/304").body == b""


def test_keep_alive_and_pipelining(served: Proxy, echo: Echo) -> None:
    one = b"GET /p/a HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /p/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    raw = served.raw(one + one + last)
    assert raw.count(b"HTTP/1.1 200 OK\r\n") == 3
    ports = {request.client_port for request in echo.received}
    assert len(ports) == 1


def test_expect_continue(served: Proxy) -> None:
    head = b"POST /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    raw = served.raw(head, b"abc")
    assert raw.count(b"HTTP/1.1 200 OK") == 1


def test_websocket(served: Proxy) -> None:
    head = (
        b"GET /p/websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: Z29sZGVuLWdvbGRlbi1nbw==\r\n\r\n"
    )
    raw = served.raw(head, b"\x81\x85\0\0\0\0hello")
    assert raw.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert b"hello" in raw


def test_the_port_that_clients_see(echo: Echo) -> None:
    proxy = Proxy(outer_port=80)
    try:
        config = Config()
        config.route(config.service(echo.port), paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").json()["headers"]["x-forwarded-port"] == "80"
    finally:
        proxy.stop()
