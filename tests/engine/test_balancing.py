"""Requests over the targets of an Upstream."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.proxy import Config, Proxy
from tests.servers.echo import Echo
from tests.servers.ports import free_port
from tests.waiting import wait_for


@pytest.fixture
def echoes() -> Iterator[list[Echo]]:
    """Two upstream servers."""
    servers = [Echo("one"), Echo("two")]
    yield servers
    for server in servers:
        server.stop()


def balanced(proxy: Proxy, targets: list[tuple[str, int]], version: int = 1, **fields: Any) -> str:
    """A route over an Upstream with targets of these weights; gives the Upstream's id."""
    config = Config()
    upstream = config.add("upstreams", name="up.test", **fields)
    for target, weight in targets:
        config.add("targets", target=target, weight=weight, upstream={"id": upstream["id"]}, created_at=1)
    config.route(config.service(80, host="up.test"), paths=["/"])
    proxy.serve(config, version)
    return str(upstream["id"])


def healths(proxy: Proxy, upstream: str) -> dict[int, str]:
    """The health of each target by its port."""
    known = json.loads(proxy.engine.upstream_health(upstream) or b"")
    return {target["port"]: target["addresses"][0]["health"] for target in known["targets"].values()}


def served_by(proxy: Proxy, number: int, path: str = "/", **headers: str) -> Counter[str]:
    return Counter(proxy.get(path, **headers).json()["server"] for _ in range(number))


def test_weights(proxy: Proxy, echoes: list[Echo]) -> None:
    balanced(proxy, [(f"127.0.0.1:{echoes[0].port}", 300), (f"127.0.0.1:{echoes[1].port}", 100)])
    assert served_by(proxy, 40) == {"one": 30, "two": 10}


def test_names_of_targets(proxy: Proxy, echoes: list[Echo]) -> None:
    balanced(proxy, [(f"localhost:{echoes[0].port}", 100)])
    seen = proxy.get("/").json()
    assert (seen["server"], seen["headers"]["host"]) == ("one", f"localhost:{echoes[0].port}")


def test_host_header(proxy: Proxy, echoes: list[Echo]) -> None:
    balanced(proxy, [(f"127.0.0.1:{echoes[0].port}", 100)], host_header="own.test")
    assert proxy.get("/").json()["headers"]["host"] == f"own.test:{echoes[0].port}"


def test_no_target(proxy: Proxy) -> None:
    balanced(proxy, [])
    answer = proxy.get("/")
    message = "failure to get a peer from the ring-balancer"
    assert (answer.status, answer.json()["message"]) == (503, message)


def test_a_dead_target_costs_no_request(proxy: Proxy, echoes: list[Echo]) -> None:
    balanced(proxy, [(f"127.0.0.1:{free_port()}", 100), (f"127.0.0.1:{echoes[0].port}", 100)])
    assert served_by(proxy, 10) == {"one": 10}


@pytest.mark.parametrize(
    ("fields", "path", "headers"),
    [
        ({"hash_on": "header", "hash_on_header": "X-Key"}, "/", {"X-Key": "a"}),
        ({"hash_on": "ip"}, "/", {}),
        ({"hash_on": "path"}, "/a/b?c", {}),
        ({"hash_on": "query_arg", "hash_on_query_arg": "u"}, "/x?u=7", {}),
        ({"hash_on": "header", "hash_on_header": "X-No", "hash_fallback": "ip"}, "/", {}),
        ({"hash_on": "cookie", "hash_on_cookie": "c"}, "/", {"Cookie": "a=b; c=d"}),
        ({"hash_on": "cookie", "hash_on_cookie": "c"}, "/", {"Cookie": "c="}),
    ],
)
def test_hashing_is_sticky(
    proxy: Proxy, echoes: list[Echo], fields: dict[str, Any], path: str, headers: dict[str, str]
) -> None:
    targets = [(f"127.0.0.1:{echo.port}", 100) for echo in echoes]
    balanced(proxy, targets, algorithm="consistent-hashing", **fields)
    assert len(served_by(proxy, 10, path, **headers)) == 1


def test_a_cookie_is_made(proxy: Proxy, echoes: list[Echo]) -> None:
    targets = [(f"127.0.0.1:{echo.port}", 100) for echo in echoes]
    balanced(proxy, targets, algorithm="consistent-hashing", hash_on="cookie", hash_on_cookie="c")
    first = proxy.get("/headers?Set-Cookie=c%3Dold&set-cookie=d%3D1")
    others, cookie = (value for name, value in first.headers if name.lower() == "set-cookie")
    assert others == "d=1"
    assert cookie.startswith("c=")
    assert cookie.endswith("; Path=/; Same-Site=Lax; HttpOnly")
    servers = served_by(proxy, 10, Cookie=cookie.partition(";")[0])
    assert servers == {first.json()["server"]: 10}


def test_no_cookie_without_a_target(proxy: Proxy) -> None:
    balanced(proxy, [], algorithm="consistent-hashing", hash_on="cookie", hash_on_cookie="c")
    answer = proxy.get("/")
    assert (answer.status, answer.header("set-cookie")) == (503, None)


PASSIVE = {"passive": {"unhealthy": {"tcp_failures": 1, "http_failures": 0, "timeouts": 0}}}


def test_passive_checks(proxy: Proxy, echoes: list[Echo]) -> None:
    dead = free_port()
    targets = [(f"127.0.0.1:{dead}", 100), (f"127.0.0.1:{echoes[0].port}", 100)]
    upstream = balanced(proxy, targets, healthchecks=PASSIVE)
    assert served_by(proxy, 4) == {"one": 4}
    assert healths(proxy, upstream) == {dead: "UNHEALTHY", echoes[0].port: "HEALTHY"}
    assert proxy.engine.set_target_health(upstream, "127.0.0.1", dead, healthy=True) == 1
    assert healths(proxy, upstream)[dead] == "HEALTHY"


def test_active_checks(proxy: Proxy, echoes: list[Echo]) -> None:
    active = {
        "http_path": "/status/500",
        "healthy": {"interval": 0.05, "successes": 1},
        "unhealthy": {"interval": 0.05, "http_failures": 1, "http_statuses": [500]},
    }
    balanced(proxy, [(f"127.0.0.1:{echoes[0].port}", 100)], healthchecks={"active": active})
    wait_for(lambda: proxy.get("/").status == 503)


def test_health_outlives_a_removal(proxy: Proxy, echoes: list[Echo]) -> None:
    dead = free_port()
    targets = [(f"127.0.0.1:{dead}", 100), (f"127.0.0.1:{echoes[0].port}", 100)]
    balanced(proxy, targets, healthchecks=PASSIVE)
    served_by(proxy, 4)
    proxy.serve(Config(), version=2)
    upstream = balanced(proxy, targets, version=3, healthchecks=PASSIVE)
    assert healths(proxy, upstream)[dead] == "UNHEALTHY"


def test_health_outlives_a_change(proxy: Proxy, echoes: list[Echo]) -> None:
    dead = free_port()
    targets = [(f"127.0.0.1:{dead}", 100), (f"127.0.0.1:{echoes[0].port}", 100)]
    balanced(proxy, targets, healthchecks=PASSIVE)
    served_by(proxy, 4)
    targets.append((f"127.0.0.1:{echoes[1].port}", 100))
    upstream = balanced(proxy, targets, version=2, healthchecks=PASSIVE)
    assert healths(proxy, upstream)[dead] == "UNHEALTHY"
