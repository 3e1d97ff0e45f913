"""An upstream behind a bad network: what the client gets, by when, and that a healthy target takes over."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.engine.proxy import Answer, Config, Proxy
from tests.resilience.toxiproxy_server import Link
from tests.servers.echo import Echo
from tests.waiting import PATIENCE, wait_for

SHORT = 1.0  # seconds, time-outs where nothing but the time-out ends a request
STEADY = 3.0  # seconds, time-outs that no machine that stands still for a moment brings about
GRACE = 5.0  # seconds for a busy machine, less than the faults last
FOREVER = 20_000  # milliseconds


@dataclass(frozen=True)
class Fault:
    """A toxic with what a request of `path` meets: a status, and whether the body is cut short.

    `limit` is each of the service's time-outs, in seconds; `takes` what the request takes beside it.
    """

    kind: str
    attributes: dict[str, int]
    status: int
    path: str = "/"
    cut: bool = False
    stream: str = "downstream"
    limit: float = PATIENCE
    takes: float = 0

    def __str__(self) -> str:
        words = [self.kind, self.stream, *(f"{name}={value}" for name, value in self.attributes.items())]
        return " ".join([*words, self.path])


NO_ANSWER = [
    Fault("latency", {"latency": FOREVER}, 504, limit=SHORT),
    Fault("timeout", {"timeout": 0}, 504, limit=SHORT),
    Fault("timeout", {"timeout": 0}, 504, stream="upstream", limit=SHORT),
    Fault("timeout", {"timeout": 100}, 502),
    Fault("timeout", {"timeout": 100}, 502, stream="upstream"),
    Fault("reset_peer", {"timeout": 0}, 502),
    Fault("reset_peer", {"timeout": 0}, 502, stream="upstream"),
    Fault("limit_data", {"bytes": 0}, 502),
    Fault("limit_data", {"bytes": 30}, 502),
    Fault("slicer", {"average_size": 30, "delay": FOREVER * 1000}, 504, limit=SHORT),
]
ANSWER = [
    Fault("latency", {"latency": 200}, 200),
    Fault("slow_close", {"delay": FOREVER}, 200),
    Fault("slow_close", {"delay": FOREVER}, 504, path="/cut", limit=SHORT),
    # Slower than the read time-out as a whole, but never silent for so long.
    Fault("bandwidth", {"rate": 20}, 200, path="/bytes/80000", limit=STEADY, takes=4),
    Fault("slicer", {"average_size": 500, "delay": 50_000}, 200, path="/bytes/45000", limit=STEADY, takes=5),
    Fault("limit_data", {"bytes": 2000}, 200, path="/bytes/5000", cut=True),
    Fault(
        "slicer",
        {"average_size": 1000, "delay": FOREVER * 1000},
        200,
        path="/bytes/9000",
        cut=True,
        limit=SHORT,
    ),
]


def times(limit: float) -> dict[str, int]:
    """A service's time-outs."""
    return dict.fromkeys(("connect_timeout", "write_timeout", "read_timeout"), int(limit * 1000))


def timed(proxy: Proxy, fault: Fault, **request: str) -> Answer:
    """One request, which must be over in time."""
    started = time.monotonic()
    answer = proxy.get(fault.path, **request)
    silence = STEADY if fault.limit < PATIENCE else 0
    assert time.monotonic() - started < silence + fault.takes + GRACE
    return answer


@pytest.mark.parametrize("fault", NO_ANSWER + ANSWER, ids=str)
def test_one_target(fault: Fault, proxy: Proxy, link: Link) -> None:
    config = Config()
    config.route(config.service(link.port, retries=0, **times(fault.limit)), paths=["/"])
    proxy.serve(config)
    link.add(fault.kind, fault.stream, **fault.attributes)
    answer = timed(proxy, fault)
    assert answer.status == fault.status
    assert (len(answer.body) < int(answer.header("content-length") or 0)) == fault.cut
    link.clear()
    if fault.limit == SHORT:
        wait_for(lambda: proxy.get("/").status == 200)
    else:
        assert proxy.get("/").status == 200


def balanced(proxy: Proxy, limit: float, *ports: int) -> Callable[[], dict[int, str]]:
    """A route over targets that one failure takes out and one good check brings back; gives their health."""
    checks = {
        "active": {
            "timeout": 1,
            "http_path": "/status/200",
            "healthy": {"interval": 0, "successes": 1},
            "unhealthy": {"interval": 0.1},
        },
        "passive": {"unhealthy": {"tcp_failures": 1, "timeouts": 1, "http_failures": 0}},
    }
    config = Config()
    upstream = config.add("upstreams", name="up.test", healthchecks=checks)
    for port in ports:
        reference = {"id": upstream["id"]}
        config.add("targets", target=f"127.0.0.1:{port}", weight=100, upstream=reference, created_at=1)
    config.route(config.service(80, host="up.test", **times(max(limit, STEADY))), paths=["/"])
    proxy.serve(config)

    def healths() -> dict[int, str]:
        known = json.loads(proxy.engine.upstream_health(upstream["id"]) or b"")
        return {target["port"]: target["addresses"][0]["health"] for target in known["targets"].values()}

    return healths


@pytest.mark.parametrize("fault", NO_ANSWER, ids=str)
def test_a_healthy_target_takes_over(fault: Fault, proxy: Proxy, link: Link, echo: Echo) -> None:
    healthy = Echo("healthy")
    try:
        healths = balanced(proxy, fault.limit, link.port, healthy.port)
        link.add(fault.kind, fault.stream, **fault.attributes)
        servers = [timed(proxy, fault).json()["server"] for _ in range(6)]
        assert servers == ["healthy"] * 6
        assert healths() == {link.port: "UNHEALTHY", healthy.port: "HEALTHY"}
        link.clear()
        wait_for(lambda: healths() == {link.port: "HEALTHY", healthy.port: "HEALTHY"})
        wait_for(lambda: {proxy.get("/").json()["server"] for _ in range(4)} == {"echo", "healthy"})
    finally:
        healthy.stop()


def test_what_may_have_been_done_is_not_done_twice(proxy: Proxy, link: Link, echo: Echo) -> None:
    healthy = Echo("healthy")
    try:
        fault = NO_ANSWER[0]
        balanced(proxy, fault.limit, link.port, healthy.port)
        link.add(fault.kind, fault.stream, **fault.attributes)
        statuses = [timed(proxy, fault, method="POST").status for _ in range(4)]
        assert sorted(statuses) == [200, 200, 200, 504]
        posted = [sum(it.method == "POST" for it in server.received) for server in (echo, healthy)]
        assert posted == [1, 3]  # the checks of the lost target are GETs
    finally:
        healthy.stop()


@pytest.mark.parametrize("fault", [it for it in ANSWER if it.status == 200], ids=str)
def test_a_slow_or_cut_body_is_no_reason_to_lose_a_target(fault: Fault, proxy: Proxy, link: Link) -> None:
    healthy = Echo("healthy")
    try:
        healths = balanced(proxy, fault.limit, link.port, healthy.port)
        link.add(fault.kind, fault.stream, **fault.attributes)
        for _ in range(2):
            assert timed(proxy, fault).status == 200
        assert healths()[healthy.port] == "HEALTHY"
    finally:
        healthy.stop()
