"""statsd and datadog: the lines that are sent."""

import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.plugins.statsd import packets, wanted
from gopura.testing import Gateway
from tests.servers.ports import free_port
from tests.waiting import PATIENCE


class Sink:
    """A UDP port of the loopback."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(PATIENCE)
        self.port: int = self._socket.getsockname()[1]

    def take(self, count: int) -> list[str]:
        return [self._socket.recv(65536).decode() for _ in range(count)]

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def given(plugin: str, port: int, **config: Any) -> dict[str, list[dict[str, Any]]]:
    settings = {"host": "127.0.0.1", "port": port} | config
    return {
        "consumers": [{"username": "bob", "custom_id": "cb"}],
        "keyauth_credentials": [{"consumer": "bob", "key": "k"}],
        "plugins": [{"name": "key-auth"}, {"name": plugin, "config": settings}],
    }


def metric(name: str, kind: str = "counter", rate: float | None = 1, **more: Any) -> dict[str, Any]:
    return {"name": name, "stat_type": kind, "sample_rate": rate, **more}


STATSD: list[tuple[dict[str, Any], list[dict[str, Any]], list[str]]] = [
    ({}, [metric("request_count")], [r"kong.service.echo.request.count:1\|c"]),
    ({"prefix": "p"}, [metric("latency", "timer", None)], [r"p.service.echo.latency:\d+\|ms"]),
    ({}, [metric("status_count")], [r"kong.service.echo.status.200:1\|c"]),
    ({}, [metric("unique_users", "set", None)], [r"kong.service.echo.user.uniques:cb\|s"]),
    (
        {},
        [metric("request_per_user", consumer_identifier="username")],
        [r"kong.service.echo.user.bob.request.count:1\|c"],
    ),
    ({}, [metric("status_count_per_user")], [r"kong.service.echo.user.cb.status.200:1\|c"]),
    ({}, [metric("status_count_per_user_per_route")], [r"kong.route.[0-9a-f-]{36}.user.cb.status.200:1\|c"]),
    (
        {"service_identifier_default": "service_host"},
        [metric("request_count")],
        [r"kong.service.127_0_0_1.request.count:1\|c"],
    ),
    (
        {"hostname_in_prefix": True},
        [metric("request_count")],
        [r"kong.node.[^.]+.service.echo.request.count:1\|c"],
    ),
    (
        {"tag_style": "dogstatsd"},
        [metric("request_count"), metric("status_count")],
        [r"kong.request.count:1\|c\|#service:echo,route:all,consumer:cb,node:[^,]+,status:200"],
    ),
    (
        {"tag_style": "influxdb"},
        [metric("request_size", "histogram", None)],
        [r"kong.request.size,service=echo,route=all,consumer=cb,node=[^,]+,status=200:\d+\|h"],
    ),
    ({"tag_style": "librato"}, [metric("request_count")], [r"kong.request.count#service=echo,.*:1\|c"]),
    ({"tag_style": "signalfx"}, [metric("request_count")], [r"kong.request.count\[service=echo,.*\]:1\|c"]),
    (
        {"udp_packet_size": 1000},
        [metric("request_count"), metric("status_count")],
        ["kong.service.echo.request.count:1\\|c\nkong.service.echo.status.200:1\\|c"],
    ),
]


@pytest.mark.parametrize(("config", "metrics", "expected"), STATSD)
def test_statsd(
    gateway: Gateway, sink: Sink, config: dict[str, Any], metrics: list[dict[str, Any]], expected: list[str]
) -> None:
    gateway.configure(given("statsd", sink.port, metrics=metrics, **config))
    assert gateway.get("/", {"apikey": "k"}).status == 200
    for line, pattern in zip(sink.take(len(expected)), expected, strict=True):
        assert re.fullmatch(pattern, line), line


def test_unmatched_requests_are_measured(gateway: Gateway, sink: Sink) -> None:
    entities = given("statsd", sink.port, metrics=[metric("status_count")])
    entities["routes"] = [{"paths": ["/only"], "service": "echo"}]
    gateway.configure(entities)
    gateway.get("/")
    assert sink.take(1) == ["kong.global.unmatched.status.404:1|c"]


def test_statsd_over_tcp(gateway: Gateway) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(PATIENCE)
        port = listening.getsockname()[1]
        gateway.configure(given("statsd", port, metrics=[metric("request_count")], use_tcp=True))
        gateway.get("/", {"apikey": "k"})
        connection, _ = listening.accept()
        with connection:
            assert connection.recv(100) == b"kong.service.echo.request.count:1|c\n"


def test_nobody_listens(gateway: Gateway) -> None:
    gateway.configure(given("statsd", free_port()))
    for _ in range(3):
        assert gateway.get("/", {"apikey": "k"}).status == 200


DATADOG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {},
        metric("request_count", tags=["a:b", "c:d"]),
        r"kong.request.count:1\|c\|#name:echo,status:200,a:b,c:d",
    ),
    (
        {"prefix": "p", "service_name_tag": "sn", "status_tag": "st", "consumer_tag": "who"},
        metric("latency", "distribution", None, consumer_identifier="username"),
        r"p.latency:\d+\|d\|#sn:echo,st:200,who:bob",
    ),
    (
        {},
        metric("request_count", consumer_identifier="consumer_id"),
        r"kong.request.count:1\|c\|#name:echo,status:200,consumer:[0-9a-f_]{36}",
    ),
]


@pytest.mark.parametrize(("config", "measured", "expected"), DATADOG)
def test_datadog(
    gateway: Gateway, sink: Sink, config: dict[str, Any], measured: dict[str, Any], expected: str
) -> None:
    gateway.configure(given("datadog", sink.port, metrics=[measured], **config))
    gateway.get("/", {"apikey": "k"})
    (line,) = sink.take(1)
    assert re.fullmatch(expected, line), line


def test_sampling(gateway: Gateway, sink: Sink) -> None:
    measured = [metric("request_count", rate=1e-9), metric("status_count", rate=0.999999999)]
    gateway.configure(given("statsd", sink.port, metrics=measured))
    gateway.get("/", {"apikey": "k"})
    assert sink.take(1) == ["kong.service.echo.status.200:1|c|@1"]


@pytest.mark.parametrize(
    ("status", "ranges", "expected"),
    [(200, None, True), (200, ["200-299"], True), (404, ["200-299"], False), (404, ["1-9", "404-404"], True)],
)
def test_ranges(status: int, ranges: list[str] | None, expected: bool) -> None:
    assert wanted(status, ranges) is expected


@pytest.mark.parametrize(
    ("size", "expected"),
    [(0, [b"aaa", b"bb", b"c"]), (6, [b"aaa\nbb", b"c"]), (100, [b"aaa\nbb\nc"]), (1, [b"aaa", b"bb", b"c"])],
)
def test_packets(size: int, expected: list[bytes]) -> None:
    assert list(packets([b"aaa", b"bb", b"c"], size)) == expected
