"""Names of upstreams, with a name server that tells the truth, lies, or fails."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.engine.dns_server import (
    NAME_ERROR,
    SERVER_FAILURE,
    SRV,
    A,
    DnsServer,
    Records,
    address,
    service,
)
from tests.engine.proxy import Config, Proxy
from tests.servers.echo import Echo
from tests.waiting import wait_for

Start = Callable[..., tuple[Proxy, DnsServer]]


@pytest.fixture
def start(echo: Echo) -> Iterator[Start]:
    """Starts an engine that asks the given answers, with a route to `up.test`."""
    running: list[Proxy | DnsServer] = []

    def begin(
        answer: Callable[[str, int], Records | int], port: int, ttl: int = 60, **settings: object
    ) -> tuple[Proxy, DnsServer]:
        server = DnsServer(answer, ttl)
        proxy = Proxy(dns_resolver=[server.address], **settings)
        running.extend((proxy, server))
        config = Config()
        config.route(config.service(port, host="up.test"), paths=["/"])
        proxy.serve(config)
        return proxy, server

    yield begin
    for it in running:
        it.stop()


def test_address(start: Start, echo: Echo) -> None:
    proxy, server = start(lambda _, kind: [address("127.0.0.1")] if kind == A else [], echo.port)
    for _ in range(3):
        assert proxy.get("/").json()["headers"]["host"] == f"up.test:{echo.port}"
    assert server.asked == [("up.test", SRV), ("up.test", A)]


def test_names_are_the_same_in_capitals(proxy: Proxy, echo: Echo) -> None:
    config = Config()
    config.route(config.service(echo.port, host="LocalHost"), paths=["/"])
    proxy.serve(config)
    assert proxy.get("/").status == 200


def test_service_records_name_the_port(start: Start, echo: Echo) -> None:
    def answer(name: str, kind: int) -> Records:
        if kind == SRV:
            return [service(echo.port, "one.test"), service(9, "two.test", priority=2)]
        return [address("127.0.0.1")] if name == "one.test" else []

    proxy, _ = start(answer, 9)
    assert proxy.get("/").status == 200


@pytest.mark.parametrize("place", ["service", "target"])
@pytest.mark.parametrize("host", ["my_service", "_a.b_c.test", "end_.test.", "x!y", "bücher.test"])
def test_names_that_are_no_host_names(echo: Echo, host: str, place: str) -> None:
    """Those of containers often have underscores, and those that SRV records name too."""

    def answer(name: str, kind: int) -> Records:
        if kind == SRV and name != "one_host.test":
            return [service(echo.port, "one_host.test")]
        return [address("127.0.0.1")] if name == "one_host.test" and kind == A else []

    server = DnsServer(answer)
    proxy = Proxy(dns_resolver=[server.address])
    try:
        config = Config()
        if place == "target":
            upstream = config.add("upstreams", name="u.test")
            row = {"target": f"{host}:9", "weight": 100, "upstream": {"id": upstream["id"]}, "created_at": 1}
            config.add("targets", **row)
        config.route(config.service(9, host=host if place == "service" else "u.test"), paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").status == 200
    finally:
        proxy.stop()
        server.stop()


def test_health_of_what_service_records_name(start: Start, echo: Echo) -> None:
    def answer(name: str, kind: int) -> Records:
        if kind == SRV:
            return [service(echo.port, "one.test")]
        return [address("127.0.0.1")] if name == "one.test" else []

    proxy, _ = start(answer, 9)
    config = Config()
    upstream = config.add(
        "upstreams", name="u.test", healthchecks={"passive": {"unhealthy": {"timeouts": 1}}}
    )
    row = {"target": "srv.test:80", "weight": 100, "upstream": {"id": upstream["id"]}, "created_at": 1}
    config.add("targets", **row)
    proxy.serve(config, version=2)

    def health() -> dict[str, object]:
        known = json.loads(proxy.engine.upstream_health(upstream["id"]) or b"")
        (found,) = known["targets"]["srv.test:80"]["addresses"]
        return dict(found)

    seen = {"ip": "one.test", "port": echo.port, "weight": 1}
    assert health() == seen | {"health": "HEALTHY"}
    proxy.engine.set_target_health(upstream["id"], "srv.test", 80, healthy=False, ip="one.test")
    assert health() == seen | {"health": "UNHEALTHY"}


@pytest.mark.parametrize("failure", [NAME_ERROR, SERVER_FAILURE, []])
def test_no_such_name(start: Start, echo: Echo, failure: Records | int) -> None:
    proxy, server = start(lambda *_: failure, echo.port)
    for _ in range(3):
        answer = proxy.get("/")
        assert (answer.status, answer.json()["message"]) == (503, "name resolution failed")
    assert len(server.asked) <= 12


@pytest.mark.parametrize("failure", [NAME_ERROR, SERVER_FAILURE, []])
def test_a_name_that_worked_goes_on_to_work(start: Start, echo: Echo, failure: Records | int) -> None:
    answers: list[Records | int] = [[address("127.0.0.1")]]
    proxy, server = start(lambda _, kind: answers[-1] if kind == A else [], echo.port, ttl=0, dns_stale_ttl=0)
    assert proxy.get("/").status == 200
    answers.append(failure)
    before = len(server.asked)
    wait_for(lambda: proxy.get("/").status == 200 and len(server.asked) >= before + 2)
    assert proxy.get("/").status == 200


def test_targets_follow_their_names(echo: Echo) -> None:
    where = ["127.0.0.9"]
    server = DnsServer(lambda _, kind: [address(where[0])] if kind == A else [], ttl=0)
    proxy = Proxy(dns_resolver=[server.address])
    try:
        config = Config()
        upstream = config.add("upstreams", name="up.test")
        target = f"moving.test:{echo.port}"
        config.add("targets", target=target, weight=100, upstream={"id": upstream["id"]}, created_at=1)
        config.route(config.service(80, host="up.test", retries=0), paths=["/"])
        proxy.serve(config)
        assert proxy.get("/").status == 502
        where[0] = "127.0.0.1"
        wait_for(lambda: proxy.get("/").status == 200)
    finally:
        proxy.stop()
        server.stop()
