"""response-ratelimiting: what upstreams count, on each node, in the database and in Redis."""

import queue
from typing import Any

import pytest

from gopura.plugin import Exchange, Plugin
from gopura.testing import Gateway
from gopura.testing.upstream import Reply
from tests.servers.redis import Redis


class Last(Plugin, name="last", priority=1):
    """Tells when a request has been counted."""

    done: "queue.Queue[None]" = queue.Queue()

    def log(self, exchange: Exchange, config: Any) -> None:
        self.done.put(None)


POLICIES = pytest.mark.parametrize("policy", ["local", "cluster", "redis"])


def given(redis: Redis, policy: str, **config: Any) -> dict[str, list[dict[str, Any]]]:
    place = {"redis_host": redis.host, "redis_port": redis.port} if policy == "redis" else {}
    settings = {"policy": policy, "limit_by": "ip", "limits": {"video": {"hour": 3}}} | place | config
    return {"plugins": [{"name": "response-ratelimiting", "config": settings}, {"name": "last"}]}


def costing(gateway: Gateway, cost: str, header: str = "X-Kong-Limit") -> tuple[int, str | None, str | None]:
    """Status, what is left for the client, and what was left when the upstream was asked."""
    gateway.upstream.reply = Reply(headers={header: cost})
    answer = gateway.get("/")
    Last.done.get(timeout=5)
    assert answer.headers[header] is None
    assert answer.headers["Via"]  # refused or not, it went through the upstream
    left: str | None = answer.headers["X-RateLimit-Remaining-video-hour"]
    return answer.status, left, gateway.upstream.last.headers["X-RateLimit-Remaining-video"]


@POLICIES
def test_counting(redis: Redis, policy: str) -> None:
    with Gateway(Last, given=given(redis, policy)) as gateway:
        found = [costing(gateway, cost) for cost in ("video=1", "video=2", "other=1", "video=1", "junk")]
    assert found == [(200, "2", "3"), (200, "0", "2"), (200, "0", "0"), (429, "0", "0"), (200, "0", "0")]


@POLICIES
def test_blocking_before_the_upstream(redis: Redis, policy: str) -> None:
    config = {"block_on_first_violation": True, "hide_client_headers": True}
    with Gateway(Last, given=given(redis, policy, **config)) as gateway:
        assert costing(gateway, "video=3") == (200, None, "3")
        answer = gateway.get("/")
        assert (answer.status, len(gateway.upstream.requests)) == (429, 1)
        assert answer.json()["message"] == "API rate limit exceeded for 'video'"


def test_nodes_count_together(redis: Redis) -> None:
    with Gateway(Last, given=given(redis, "redis")) as one, Gateway(Last, given=given(redis, "redis")) as two:
        assert costing(one, "video=2") == (200, "1", "3")
        assert costing(two, "video=1") == (200, "0", "1")


@pytest.mark.parametrize(("tolerant", "status"), [(True, 200), (False, 500)])
def test_redis_is_away(tolerant: bool, status: int) -> None:
    redis = Redis()
    redis.stop()
    with Gateway(Last, given=given(redis, "redis", fault_tolerant=tolerant)) as gateway:
        assert gateway.get("/").status == status


@pytest.mark.parametrize(("tolerant", "status"), [(True, 200), (False, 500)])
def test_the_control_plane_is_away(redis: Redis, tolerant: bool, status: int) -> None:
    with Gateway(Last, given=given(redis, "cluster", fault_tolerant=tolerant)) as gateway:
        gateway.records.away = True
        assert gateway.get("/").status == status


def test_another_header(redis: Redis) -> None:
    with Gateway(Last, given=given(redis, "local", header_name="x-cost")) as gateway:
        assert costing(gateway, "video=1", "x-cost") == (200, "2", "3")
