"""What the two logs say of requests: formats, masked secrets, refused requests, failed tries."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.proxy import Config, Proxy
from tests.servers.echo import Echo
from tests.servers.ports import free_port
from tests.waiting import wait_for

Start = Callable[..., Proxy]


@pytest.fixture
def start(tmp_path: Path, echo: Echo) -> Iterator[Start]:
    """Starts engines that log into a folder; `/` goes to the echo, `/dead` to a port that nobody listens on."""
    running: list[Proxy] = []

    def make(**settings: object) -> Proxy:
        logs = {"prefix": str(tmp_path), "proxy_access_log": "access.log", "proxy_error_log": "error.log"}
        proxy = Proxy(**(logs | {"log_level": "info"} | settings))
        running.append(proxy)
        config = Config()
        config.route(config.service(echo.port, name="echo"), name="all", paths=["/"])
        config.route(config.service(free_port(), name="dead", retries=5), name="gone", paths=["/dead"])
        proxy.serve(config)
        return proxy

    yield make
    for proxy in running:
        proxy.stop()


@pytest.fixture
def lines(tmp_path: Path) -> Callable[[str], list[str]]:
    """All lines of a log, once there is one at least."""

    def read(name: str) -> list[str]:
        wait_for(lambda: (tmp_path / name).read_text())
        return (tmp_path / name).read_text().splitlines()

    return read


Lines = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("own '$status $request_method $uri'", "200 GET /x/y"),
        ("own '[$http_x_own|$arg_b|$args|$cookie_c]'", r"\[\\x221\|2\|a=1&b=2\|3\]"),
        ('own escape=json \'<"own":"$http_x_own","none":"$http_none">\'', r'<"own":"\\"1","none":"">'),
        ("own '$route_name $service_name' ' $upstream_status ${tries}x';", "all echo 200 1x"),
        ("own '$request_id $consumer_id $nothing'", "[0-9a-f]{32} - -"),
        ("own '$remote_addr $host $scheme $server_protocol'", "127.0.0.1 a.test http HTTP/1.1"),
        ("own '$request_time $upstream_response_time'", r"\d+\.\d{3} \d+\.\d{3}"),
        ("own '$sent_http_x_kong_proxy_latency $time_iso8601'", r"\d+ 20\d\d-\d\d-\d\dT[\d:]+\+00:00"),
    ],
)
def test_formats(start: Start, lines: Lines, form: str, line: str) -> None:
    proxy = start(proxy_access_log="access.log own", nginx_http_log_format=form)
    assert proxy.get("/x/../x/y?a=1&b=2", X_Own='"1', Cookie="a=b; c=3").status == 200
    (found,) = lines("access.log")
    assert re.fullmatch(line, found), found


def test_another_formats_name(start: Start, lines: Lines) -> None:
    proxy = start(proxy_access_log="access.log basic", nginx_http_log_format="own '$status'")
    proxy.get("/x")
    assert '"GET /x HTTP/1.1" 200 ' in lines("access.log")[0]


def test_fields_of_json(start: Start, lines: Lines) -> None:
    proxy = start(log_format="json", access_log_fields=["status", "target", "route"])
    proxy.get("/x")
    assert json.loads(lines("access.log")[0]).keys() == {"status", "target", "route"}


@pytest.mark.parametrize(
    "settings", [{}, {"log_format": "json"}, {"nginx_http_log_format": "own '$request $http_referer $args'"}]
)
def test_masked_arguments(start: Start, lines: Lines, settings: dict[str, str]) -> None:
    proxy = start(masked_arguments=["apikey"], proxy_access_log="access.log own", **settings)
    answer = proxy.get("/dead?a=1&apikey=hush", Referer="http://a.test/?apikey=hush&b=2")
    assert answer.status == 502
    (line,) = lines("access.log")
    assert "hush" not in line
    assert ("/dead?a=1&apikey=***" in line, "?apikey=***&b=2" in line) == (True, True)
    assert not any("hush" in line for line in lines("error.log"))


@pytest.mark.parametrize(
    ("head", "request_line", "status"),
    [
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n", "GET /xxx", 414),
        (b"POST /a HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n", '"POST /a HTTP/1.1"', 400),
        (b"GET /b HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", '"GET /b HTTP/1.1"', 400),
        (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", '"GET /%zz HTTP/1.1"', 400),
        (b"GET /c HTTP/1.1\nHost: a\n\n", '"GET /c HTTP/1.1"', 400),
        (b"\x16\x03\x01 nonsense\r\n\r\n", r'"\x16\x03\x01 nonsense"', 400),
    ],
)
def test_refused_requests(start: Start, lines: Lines, head: bytes, request_line: str, status: int) -> None:
    proxy = start()
    assert proxy.raw(head).startswith(b"HTTP/1.1 %d " % status)
    (line,) = lines("access.log")
    assert request_line in line
    assert f'" {status} ' in line
    assert ", request_id: " in lines("error.log")[-1]


def test_one_line_tells_of_all_tries(start: Start, lines: Lines) -> None:
    proxy = start(log_level="warn")
    answer = proxy.get("/dead/x?secret=1")
    assert answer.status == 502
    (line,) = lines("error.log")
    assert "no response from the upstream: 127.0.0.1:" in line
    assert "(tries 1 to 6)" in line
    for part in (
        f"request_id: {answer.header('x-kong-request-id')}",
        "client: 127.0.0.1",
        "request: GET /dead/x,",
        "route: gone",
        "service: dead",
        "attempt: 6 of 6",
    ):
        assert part in line, line
