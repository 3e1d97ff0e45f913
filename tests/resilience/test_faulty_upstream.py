"""An upstream behind a bad network: what the client gets, by when, and that a healthy target takes over."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.engine.proxy import Answer, Config, Proxy
from tests.resilience.faults import wait_for
from tests.resilience.toxiproxy_server import Link
from tests.servers.echo import Echo

LIMIT = 1.0  # seconds, each of the service's time-outs
TIMES = dict.fromkeys(("connect_timeout", "write_timeout", "read_timeout"), int(LIMIT * 1000))
GRACE = 5.0  # seconds for a busy machine, less than the faults last
FOREVER = 20_000  # milliseconds


@dataclass(frozen=True)
class Fault:
    """A toxic with what a request of `path` meets: a status, and whether the body is cut short."""

    kind: str
    attributes: dict[str, int]
    status: int
    path: str = "/"
    cut: bool = False
    stream: str = "downstream"
    longest: float = LIMIT + GRACE

    def __str__(self) -> str:
        words = [self.kind, self.stream, *(f"{name}={value}" for name, value in self.attributes.items())]
        return " ".join([*words, self.path])


NO_ANSWER = [
    Fault("latency", {"latency": FOREVER}, 504),
    Fault("timeout", {"timeout": 0}, 504),
    Fault("timeout", {"timeout": 0}, 504, stream="upstream"),
    Fault("timeout", {"timeout": 100}, 502),
    Fault("timeout", {"timeout": 100}, 502, stream="upstream"),
    Fault("reset_peer", {"timeout": 0}, 502),
    Fault("reset_peer", {"timeout": 0}, 502, stream="upstream"),
    Fault("limit_data", {"bytes": 0}, 502),
    Fault("limit_data", {"bytes": 30}, 502),
    Fault("slicer", {"average_size": 30, "delay": FOREVER * 1000}, 504),
]
ANSWER = [
    Fault("latency", {"latency": 200}, 200),
    Fault("slow_close", {"delay": FOREVER}, 200),
    Fault("slow_close", {"delay": FOREVER}, 504, path="/cut"),
    # Slower than the read time-out as a whole, but never silent for so long.
    Fault("bandwidth", {"rate": 20}, 200, path="/bytes/40000", longest=2 + GRACE),
    Fault("slicer", {"average_size": 500, "delay": 50_000}, 200, path="/bytes/15000", longest=2 + GRACE),
    Fault("limit_data", {"bytes": 2000}, 200, path="/bytes/5000", cut=True),
    Fault("slicer", {"average_size": 1000, "delay": FOREVER * 1000}, 200, path="/bytes/9000", cut=True),
]


def timed(proxy: Proxy, path: str, longest: float, **request: str) -> Answer:
    """One request, which must be over in time."""
    started = time.monotonic()
    answer = proxy.get(path, **request)
    assert time.monotonic() - started < longest
    return answer


@pytest.mark.parametrize("fault", NO_ANSWER + ANSWER, ids=str)
def test_one_target(fault: Fault, proxy: Proxy, link: Link) -> None:
    config = Config()
    config.route(config.service(link.port, retries=0, **TIMES), paths=["/"])
    proxy.serve(config)
    link.add(fault.kind, fault.stream, **fault.attributes)
    answer = timed(proxy, fault.path, fault.longest)
    assert answer.status == fault.status
    assert (len(answer.body) < int(answer.header("content-length") or 0)) == fault.cut
    link.clear()
    assert proxy.get("/").status == 200


def balanced(proxy: Proxy, *ports: int) -> Callable[[], dict[int, str]]:
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
    config.route(config.service(80, host="up.test", **TIMES), paths=["/"])
    proxy.serve(config)

    def healths() -> dict[int, str]:
        known = json.loads(proxy.engine.upstream_health(upstream["id"]) or b"")
        return {target["port"]: target["addresses"][0]["health"] for target in known["targets"].values()}

    return healths


@pytest.mark.parametrize("fault", NO_ANSWER, ids=str)
def test_a_healthy_target_takes_over(fault: Fault, proxy: Proxy, link: Link, echo: Echo) -> None:
    healthy = Echo("healthy")
    try:
        healths = balanced(proxy, link.port, healthy.port)
        link.add(fault.kind, fault.stream, **fault.attributes)
        servers = [timed(proxy, "/", fault.longest).json()["server"] for _ in range(6)]
        assert servers == ["healthy"] * 6
        assert healths() == {link.port: "UNHEALTHY", healthy.port: "HEALTHY"}
        link.clear()
        wait_for(lambda: healths() == {link.port: "HEALTHY", healthy.port: "HEALTHY"})
        assert {proxy.get("/").json()["server"] for _ in range(4)} == {"echo", "healthy"}
    finally:
        healthy.stop()


def test_what_may_have_been_done_is_not_done_twice(proxy: Proxy, link: Link, echo: Echo) -> None:
    healthy = Echo("healthy")
    try:
        balanced(proxy, link.port, healthy.port)
        link.add("latency", latency=FOREVER)
        statuses = [timed(proxy, "/", LIMIT + GRACE, method="POST").status for _ in range(4)]
        assert sorted(statuses) == [200, 200, 200, 504]
        posted = [sum(it.method == "POST" for it in server.received) for server in (echo, healthy)]
        assert posted == [1, 3]  # the checks of the lost target are GETs
    finally:
        healthy.stop()


@pytest.mark.parametrize("fault", [it for it in ANSWER if it.status == 200], ids=str)
def test_a_slow_or_cut_body_is_no_reason_to_lose_a_target(fault: Fault, proxy: Proxy, link: Link) -> None:
    healthy = Echo("healthy")
    try:
        healths = balanced(proxy, link.port, healthy.port)
        link.add(fault.kind, fault.stream, **fault.attributes)
        for _ in range(2):
            assert timed(proxy, fault.path, fault.longest).status == 200
        assert healths()[healthy.port] == "HEALTHY"
    finally:
        healthy.stop()
