"""Redis behind a bad network: plugins that count in it follow their own settings, and requests do not wait for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from gopura.testing import Gateway, Reply
from tests.plugins.test_rate_limiting_redis import counted
from tests.resilience.faults import FAULTS, SLOW, Case, Fault, broken, check, routed
from tests.resilience.toxiproxy_server import Link, Toxiproxy
from tests.servers.redis import Redis
from tests.waiting import wait_for

LIMIT = 1.0  # seconds, redis_timeout
LIMITS = {name: {"hour": 100_000} for name in "abc"}


def cases(port: int) -> list[Case]:
    def counted(tolerant: bool, **config: Any) -> dict[str, Any]:
        place = {"policy": "redis", "redis_host": "127.0.0.1", "redis_port": port}
        return place | {"redis_timeout": int(LIMIT * 1000), "fault_tolerant": tolerant, **config}

    return [
        Case("counts", "rate-limiting", counted(True, hour=100_000), 200, 200),
        Case("counts-strictly", "rate-limiting", counted(False, hour=100_000), 200, 500),
        Case("syncs", "rate-limiting", counted(False, hour=100_000, sync_rate=0.02), 200, 200),
        Case("adds", "response-ratelimiting", counted(True, limits=LIMITS), 200, 200),
        Case("adds-strictly", "response-ratelimiting", counted(False, limits=LIMITS), 200, 500),
    ]


@pytest.fixture(scope="module")
def way(toxiproxy: Toxiproxy) -> Iterator[Link]:
    """The link to a server."""
    server = Redis()
    made = toxiproxy.link(server.port)
    yield made
    made.close()
    server.stop()


@pytest.fixture(scope="module")
def gateway(way: Link) -> Iterator[Gateway]:
    with Gateway(given=routed(cases(way.port))) as running:
        running.upstream.reply = Reply(headers={"X-Kong-Limit": "a=1, b=1"})
        yield running


@pytest.mark.parametrize("fault", [*FAULTS, SLOW], ids=str)
def test_faults(gateway: Gateway, way: Link, fault: Fault) -> None:
    check(gateway, way, fault, cases(way.port), LIMIT)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_late_answers_are_not_those_of_others(toxiproxy: Toxiproxy, redis: Redis, fault: Fault) -> None:
    """What clients are told is what Redis has counted, also after a connection has failed in the middle."""
    way = toxiproxy.link(redis.port)
    with Gateway(given=routed(cases(way.port)[:1])) as gateway:

        def told_right() -> bool:
            left = gateway.get("/counts").headers["RateLimit-Remaining"]
            return left is not None and int(left) == 100_000 - counted(redis)

        wait_for(told_right)
        with broken(way, fault):
            gateway.get("/counts")
        for _ in range(3):
            wait_for(told_right)
    way.close()
