"""Pooled connections to Redis that are dead without a sign: no request fails, and no limit is passed."""

from collections.abc import Iterator
from typing import Any

import pytest

from gopura.testing import Gateway, Received, Reply
from tests.plugins.test_rate_limiting_redis import counted
from tests.resilience.forgetful import Forgetful, Lost
from tests.servers.redis import Redis
from tests.waiting import PATIENCE, wait_for


@pytest.fixture
def way(redis: Redis) -> Iterator[Forgetful]:
    """The way to the server."""
    made = Forgetful(redis.port)
    yield made
    made.stop()


def given(name: str, port: int, **limits: Any) -> dict[str, list[dict[str, Any]]]:
    place = {"policy": "redis", "redis_host": "127.0.0.1", "redis_port": port}
    patient = {"redis_timeout": int(PATIENCE * 1000), "fault_tolerant": False}
    return {"plugins": [{"name": name, "config": place | patient | limits}]}


@pytest.mark.parametrize(
    ("lost", "limit", "statuses", "count"),
    [
        ("command", 3, [200, 200, 200, 429], 3),
        ("answer", 3, [200, 200, 429, 429], 3),
        ("answer", 2, [200, 429, 429, 429], 2),
    ],
)
def test_never_more_than_the_limit_passes(
    redis: Redis, way: Forgetful, lost: Lost, limit: int, statuses: list[int], count: int
) -> None:
    """A count whose answer was lost counts twice."""
    with Gateway(given=given("rate-limiting", way.port, year=limit)) as gateway:
        first = gateway.get("/").status
        way.forget(lost)
        assert [first, *(gateway.get("/").status for _ in range(3))] == statuses
    assert (counted(redis), way.cuts) == (count, 1)


@pytest.mark.parametrize(("lost", "left"), [("command", 8), ("answer", 7)])
def test_what_upstreams_count(redis: Redis, way: Forgetful, lost: Lost, left: int) -> None:
    limits = {"video": {"year": 10}}
    with Gateway(given=given("response-ratelimiting", way.port, limits=limits)) as gateway:

        def before() -> int:
            """What was left when the upstream was asked."""
            assert gateway.get("/").status == 200
            return int(gateway.upstream.last.headers["X-RateLimit-Remaining-video"])

        gateway.upstream.reply = Reply(headers={"X-Kong-Limit": "video=1"})
        assert before() == 10
        gateway.upstream.reply = Reply()
        wait_for(lambda: before() == 9)
        way.forget("command")
        assert before() == 9

        def lose(_received: Received) -> Reply:
            way.forget(lost)
            return Reply(headers={"X-Kong-Limit": "video=1"})

        gateway.upstream.reply = lose
        assert before() == 9
        gateway.upstream.reply = Reply()
        wait_for(lambda: before() == left)
        assert way.cuts >= 2
