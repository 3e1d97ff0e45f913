"""rate-limiting with Redis: exact across nodes, and by its fault settings when Redis is away."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gopura.testing import Gateway
from tests.plugins.stored import Stored
from tests.servers.ports import free_port
from tests.servers.redis import Redis
from tests.waiting import PATIENCE, wait_for


def limited(redis: Redis, **config: Any) -> dict[str, list[dict[str, Any]]]:
    place = {"policy": "redis", "redis_host": redis.host, "redis_port": redis.port}
    # No count is lost to a machine that stands still, or to the end of an hour.
    patient = {"redis_timeout": int(PATIENCE * 1000), "year": 50}
    return {"plugins": [{"name": "rate-limiting", "config": place | patient | config}]}


def test_exact_across_two_nodes(redis: Redis, on_sqlite: Stored, on_postgres: Stored) -> None:
    nodes = (on_sqlite, on_postgres)
    for node in nodes:
        node.configure(limited(redis))
    with ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda n: nodes[n % 2].get("/").status, range(120)))
    assert (statuses.count(200), statuses.count(429)) == (50, 70)


@pytest.mark.parametrize(("tolerant", "status"), [(True, 200), (False, 500)])
def test_redis_dies_in_the_middle(tolerant: bool, status: int) -> None:
    redis = Redis()
    try:
        with Gateway(given=limited(redis, fault_tolerant=tolerant)) as gateway:
            assert gateway.get("/").headers["RateLimit-Remaining"] == "49"
            redis.halt()
            answer = gateway.get("/")
            assert (answer.status, answer.headers["RateLimit-Remaining"]) == (status, None)
            redis.start()
            assert gateway.get("/").headers["RateLimit-Remaining"] == "49"
    finally:
        redis.stop()


def left(gateway: Gateway) -> int:
    return int(gateway.get("/").headers["RateLimit-Remaining"])


def counted(redis: Redis) -> int:
    """What the one window has in Redis."""
    keys = redis.command("KEYS", "ratelimit:*").decode().split()
    return int(redis.command("GET", keys[2]).split()[1]) if len(keys) > 2 else 0


def test_synced_counts_come_together(redis: Redis) -> None:
    given = limited(redis, sync_rate=0.05)
    with Gateway(given=given) as one, Gateway(given=given) as two:
        assert left(two) == 49
        assert [one.get("/").status for _ in range(30)] == [200] * 30
        wait_for(lambda: left(two) < 20)


def test_a_node_begins_with_what_others_have_counted(redis: Redis) -> None:
    given = limited(redis, sync_rate=0.05, year=2)
    with Gateway(given=given) as one:
        assert [one.get("/").status for _ in range(3)] == [200, 200, 429]
        wait_for(lambda: counted(redis) == 2)
    with Gateway(given=given) as two:
        assert two.get("/").status == 429


def test_synced_limits_are_exact_on_a_node(redis: Redis) -> None:
    with Gateway(given=limited(redis, sync_rate=0.02)) as gateway, ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda _: gateway.get("/").status, range(120)))
    assert (statuses.count(200), statuses.count(429)) == (50, 70)


@pytest.mark.parametrize(("tolerant", "statuses"), [(True, [200, 200, 429]), (False, [500, 500, 500])])
def test_nobody_to_synchronise_with(tolerant: bool, statuses: list[int]) -> None:
    place = {"policy": "redis", "redis_host": "127.0.0.1", "redis_port": free_port()}
    config = place | {"year": 2, "sync_rate": 0.02, "fault_tolerant": tolerant}
    with Gateway(given={"plugins": [{"name": "rate-limiting", "config": config}]}) as gateway:
        assert [gateway.get("/").status for _ in range(3)] == statuses


def test_another_sync_rate_holds_at_once(redis: Redis) -> None:
    def given(rate: float) -> dict[str, list[dict[str, Any]]]:
        found = limited(redis, sync_rate=rate)
        found["plugins"][0]["id"] = "00000000-0000-4000-8000-000000000000"
        return found

    with Gateway(given=given(600)) as gateway:
        gateway.get("/")
        gateway.configure(given(0.02))
        gateway.get("/")
        wait_for(lambda: counted(redis) > 0)
