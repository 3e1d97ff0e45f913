"""Answers of the gateway itself."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import httpx
import pytest

from tests.engine.proxy import Config, Proxy, parse
from tests.servers.echo import Echo
from tests.servers.ports import free_port
from tests.waiting import PATIENCE


def test_no_route(proxy: Proxy) -> None:
    answer = proxy.get("/none")
    assert answer.status == 404
    request_id = answer.header("x-kong-request-id")
    assert answer.json() == {"message": "no Route matched with those values", "request_id": request_id}
    assert answer.header("content-type") == "application/json; charset=utf-8"
    assert answer.header("server") == "gopura/0.1.0"
    assert answer.header("via") is None


def test_no_service(proxy: Proxy) -> None:
    config = Config()
    config.route(None, paths=["/x"])
    proxy.serve(config)
    answer = proxy.get("/x", Accept="text/html")
    assert (answer.status, answer.header("content-type")) == (503, "text/html; charset=utf-8")
    assert b"<p>no Service found with those values.</p>" in answer.body


@pytest.mark.parametrize(
    ("headers", "content_type", "start"),
    [
        ({}, "text/plain; charset=utf-8", b"An invalid response was received from the upstream server\n"),
        ({"Accept": "application/json"}, "application/json; charset=utf-8", b'{\n  "message":"An invalid'),
        ({"Accept": "application/xml"}, "application/xml; charset=utf-8", b"<?xml"),
        ({"Content-Type": "application/json"}, "application/json; charset=utf-8", b"{"),
        ({"Content-Type": "application/grpc"}, "application/json; charset=utf-8", b'{"message":"An invalid'),
    ],
)
def test_refused_connection(proxy: Proxy, headers: dict[str, str], content_type: str, start: bytes) -> None:
    config = Config()
    config.route(config.service(free_port(), retries=1), paths=["/x"])
    proxy.serve(config)
    answer = proxy.get("/x", **headers)
    assert (answer.status, answer.header("content-type")) == (502, content_type)
    assert answer.body.startswith(start)
    assert answer.header("via") == "gopura/0.1.0"
    assert answer.header("server") is None


@pytest.mark.parametrize("connects", [True, False])
def test_the_status_of_an_upstream_that_fails(connects: bool) -> None:
    proxy = Proxy(headers=["X-Kong-Upstream-Status"])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1] if connects else free_port()
        try:
            config = Config()
            config.route(config.service(port, retries=0, read_timeout=50), paths=["/x"])
            proxy.serve(config)
            answer = proxy.get("/x")
            assert (answer.status, answer.header("x-kong-upstream-status")) == (
                (504, "504") if connects else (502, "502")
            )
        finally:
            proxy.stop()


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (["text/html", "application/xml"], "text/html; charset=utf-8"),
        (["text/html;q=0.2", "application/xml"], "application/xml; charset=utf-8"),
        (["text/html;q=0.2", "image/webp"], "application/json; charset=utf-8"),
    ],
)
def test_several_accept_lines(proxy: Proxy, accept: list[str], content_type: str) -> None:
    lines = "".join(f"Accept: {value}\r\n" for value in accept)
    raw = proxy.raw(f"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n".encode())
    assert parse(raw).header("content-type") == content_type


def test_unknown_name(proxy: Proxy) -> None:
    config = Config()
    config.route(config.service(80, host="no-such-host.invalid"), paths=["/x"])
    proxy.serve(config)
    answer = proxy.get("/x")
    assert (answer.status, answer.json()["message"]) == (503, "name resolution failed")


@pytest.mark.parametrize(("status", "code"), [(426, None), (301, "https://a.test/x?y=z")])
def test_https_only(proxy: Proxy, status: int, code: str | None) -> None:
    config = Config()
    config.route(config.service(1), paths=["/x"], protocols=["https"], https_redirect_status_code=status)
    proxy.serve(config)
    answer = proxy.get("/x?y=z")
    assert (answer.status, answer.header("location")) == (status, code)
    if status == 426:
        assert answer.json()["message"] == "Please use HTTPS protocol"


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"NOPE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.5\r\nHost: a\r\n\r\n", 505),
        (b"GET / HTTP/1.1\nHost: a\n\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 1200 + b"\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nX: y\r\nauthorization: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nIf-Match: a\r\nIf-Match: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nExpect: a\r\nExpect: b\r\n\r\n", 400),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
        (b"CONNECT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    ],
)
def test_refused_requests(proxy: Proxy, request_head: bytes, status: int) -> None:
    raw = proxy.raw(request_head)
    assert raw.startswith(f"HTTP/1.1 {status} ".encode())
    assert raw.count(b"HTTP/1.1 ") == 1


def test_a_head_that_is_too_large(proxy: Proxy) -> None:
    """nginx calls it 494, and clients 400."""
    answer = proxy.get("/", X="x" * 9000)
    assert (answer.status, answer.reason) == (400, "Bad Request")
    assert answer.body.startswith(b"Request header or cookie too large\n")


@pytest.mark.parametrize("name", ["authorization", "if-none-match", "content-range"])
def test_repeated_headers_over_http2(proxy: Proxy, name: str) -> None:
    with httpx.Client(http1=False, http2=True, base_url=f"http://127.0.0.1:{proxy.port}") as client:
        assert client.get("/", headers=[(name, "a")]).status_code == 404
        assert client.get("/", headers=[(name, "a"), (name, "b")]).status_code == 400


@pytest.mark.parametrize(
    ("slashes", "path", "target", "status"),
    [
        ("allow", "/x/a%2fb%5Cc", "/x/a%2Fb%5Cc", 200),
        ("allow", "/x\\..\\y", "/x%5C..%5Cy", 200),
        ("reject", "/x/a/b%20", "/x/a/b%20", 200),
        ("reject", "/x/a%2fb", None, 400),
        ("reject", "/x/a%5Cb", None, 400),
        ("reject", "/x/a\\b", None, 400),
        ("reject", "/x?a=%2F%5c", "/x?a=%2F%5c", 200),
        ("decode", "/x/a%2fb%5Cc\\d", "/x/a/b/c/d", 200),
        ("decode", "/y%2f..%2fx%2fa", "/x/a", 200),
        ("decode", "/x%2f..%2fy", None, 404),
        ("decode", "/x?a=%2F%5c", "/x?a=%2F%5c", 200),
    ],
)
def test_encoded_slashes(echo: Echo, slashes: str, path: str, target: str | None, status: int) -> None:
    proxy = Proxy(encoded_slashes=slashes)
    try:
        config = Config()
        config.route(config.service(echo.port), paths=["/x"], strip_path=False)
        proxy.serve(config)
        answer = proxy.get(path)
        assert answer.status == status
        assert target is None or answer.json()["target"] == target
    finally:
        proxy.stop()


@pytest.mark.parametrize(("ignored", "seen"), [("on", None), ("off", "1")])
def test_odd_names_of_headers(echo: Echo, ignored: str, seen: str | None) -> None:
    """As nginx by `ignore_invalid_headers`; an underscore is not odd in Kong."""
    proxy = Proxy(nginx_http_ignore_invalid_headers=ignored)
    try:
        config = Config()
        config.route(config.service(echo.port), paths=["/"])
        proxy.serve(config)
        lines = b"X.Odd: 1\r\nX!: 1\r\nx_under-1: 1\r\n"
        head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + lines + b"\r\n"
        headers = parse(proxy.raw(head)).json()["headers"]
        assert (headers.get("x.odd"), headers.get("x!"), headers.get("x_under-1")) == (seen, seen, "1")
        with httpx.Client(http1=False, http2=True, base_url=f"http://127.0.0.1:{proxy.port}") as client:
            headers = client.get("/", headers={"x.odd": "1", "x_under": "1"}).json()["headers"]
            assert (headers.get("x.odd"), headers["x_under"]) == (seen, "1")
    finally:
        proxy.stop()


@pytest.mark.parametrize(
    "configured", ["a.test", "A.Test", "a.test.", "*.test", "A.*", "a.test:80", "*.TEST:80"]
)
@pytest.mark.parametrize("sent", ["a.test:80", "A.TEST:80", "a.test.:80", "A.test.:80"])
def test_hosts_in_any_spelling(proxy: Proxy, echo: Echo, configured: str, sent: str) -> None:
    config = Config()
    config.route(config.service(echo.port), hosts=[configured], preserve_host=True)
    proxy.serve(config)
    headers = proxy.get("/", host=sent).json()["headers"]
    assert (headers["host"], headers["x-forwarded-host"]) == (sent, "a.test")
    assert proxy.get("/", host="b.example:80").status == 404


def test_bad_chunk(proxy: Proxy, echo: Echo) -> None:
    config = Config()
    config.route(config.service(echo.port), paths=["/x"])
    proxy.serve(config)
    head = b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert proxy.raw(head + b"zz\r\n").startswith(b"HTTP/1.1 400 ")
    assert echo.received == []


Script = Callable[[socket.socket, int], None]


@pytest.fixture
def scripted() -> Iterator[Callable[[Script], int]]:
    """Makes an upstream that treats each connection as a function says; gives its port."""
    listening = []

    def start(script: Script) -> int:
        server = socket.create_server(("127.0.0.1", 0))
        listening.append(server)

        def serve() -> None:
            number = 0
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with closing(connection):
                    script(connection, number)
                number += 1

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    yield start
    for server in listening:
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def route_to(proxy: Proxy, port: int, **fields: object) -> None:
    config = Config()
    config.route(config.service(port, **fields), paths=["/x"])
    proxy.serve(config)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK, 200, b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + OK, 200, b"ok"),
        (b"HTTP/1.0 200 Fine\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n", 200, b"ok"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 502, None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 502, None),
        (b"nonsense\r\n\r\n", 502, None),
        (b"HTTP/1.1 200 OK\r\nBad Header: 1\r\n\r\n", 502, None),
        (b"", 502, None),
    ],
)
def test_answers_of_upstreams(
    proxy: Proxy, scripted: Callable[[Script], int], answer: bytes, status: int, body: bytes | None
) -> None:
    def script(connection: socket.socket, _: int) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    route_to(proxy, scripted(script), retries=0)
    got = proxy.get("/x")
    assert got.status == status
    assert body is None or got.body == body


def test_cut_off_body_is_noticed(proxy: Proxy, scripted: Callable[[Script], int]) -> None:
    def script(connection: socket.socket, _: int) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel")

    route_to(proxy, scripted(script))
    raw = proxy.raw(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"hel" in raw
    assert not raw.endswith(b"0\r\n\r\n")


def test_slow_upstream(proxy: Proxy, scripted: Callable[[Script], int]) -> None:
    ended = threading.Event()

    def script(connection: socket.socket, _: int) -> None:
        while connection.recv(65536):
            pass
        ended.set()

    route_to(proxy, scripted(script), retries=0, read_timeout=200)
    assert proxy.get("/x").status == 504
    assert ended.wait(PATIENCE)


def test_client_that_leaves_ends_the_upstream(proxy: Proxy, scripted: Callable[[Script], int]) -> None:
    seen, ended = threading.Event(), threading.Event()

    def script(connection: socket.socket, _: int) -> None:
        connection.recv(65536)
        seen.set()
        connection.recv(65536)
        ended.set()

    route_to(proxy, scripted(script), read_timeout=60000)
    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
        client.sendall(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        assert seen.wait(PATIENCE)
    assert ended.wait(PATIENCE)


def test_retries(proxy: Proxy, scripted: Callable[[Script], int]) -> None:
    def script(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        if number >= 2:
            connection.sendall(OK)

    route_to(proxy, scripted(script), retries=2)
    assert proxy.get("/x").body == b"ok"


def test_post_is_sent_once(proxy: Proxy, scripted: Callable[[Script], int]) -> None:
    numbers = []

    def script(connection: socket.socket, number: int) -> None:
        connection.recv(65536)
        numbers.append(number)

    route_to(proxy, scripted(script), retries=5)
    assert proxy.get("/x", method="POST", body=b"a").status == 502
    assert numbers == [0]


def test_status_api(proxy: Proxy) -> None:
    assert proxy.status("/status/ready").status == 503
    proxy.serve(Config())
    assert proxy.status("/status/ready").json() == {"message": "ready"}
    assert proxy.status("/status").json()["server"]["total_requests"] == 0
    assert proxy.status("/other").status == 404
    assert proxy.status("/status").json()["database"] == {"reachable": True}
    proxy.engine.set_database_reachable(False)
    assert proxy.status("/status").json()["database"] == {"reachable": False}


def test_without_a_database_an_empty_configuration_is_none() -> None:
    proxy, config = Proxy(database="off"), Config()
    try:
        proxy.serve(config)
        answer = proxy.status("/status/ready")
        reason = "no configuration available (empty configuration present)"
        assert (answer.status, answer.json()) == (503, {"message": reason})
        assert proxy.status("/status").json()["configuration_hash"] == "0" * 32
        config.service(1)
        proxy.serve(config, 2)
        assert proxy.status("/status/ready").status == 200
        assert proxy.status("/status").json()["configuration_hash"] != "0" * 32
    finally:
        proxy.stop()
