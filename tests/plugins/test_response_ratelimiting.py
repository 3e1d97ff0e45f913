"""response-ratelimiting: what upstreams count, on each node, in the database and in Redis."""

from collections.abc import Iterator
from typing import Any

import pytest

from gopura.testing import Reply
from tests.plugins.collector import Collector
from tests.plugins.stored import Stored
from tests.servers.redis import Redis

Given = dict[str, list[dict[str, Any]]]
Policy = dict[str, Any]


@pytest.fixture
def log() -> Iterator[Collector]:
    """Tells when a request has been counted."""
    with Collector() as collector:
        yield collector


def given(policy: Policy, log: Collector, **config: Any) -> Given:
    settings = policy | {"limit_by": "ip", "limits": {"video": {"year": 3}}} | config
    # Counts belong to the route, so that no test finds those of another.
    limiting = {"name": "response-ratelimiting", "route": "all", "config": settings}
    return {"plugins": [limiting, {"name": "http-log", "config": {"http_endpoint": log.url}}]}


def costing(
    gateway: Stored, log: Collector, cost: str, header: str = "X-Kong-Limit"
) -> tuple[int, str | None, str | None]:
    """Status, what is left for the client, and what was left when the upstream was asked."""
    gateway.upstream.reply = Reply(headers={header: cost})
    answer = gateway.get("/")
    log.next()
    assert answer.headers[header] is None
    assert answer.headers["Via"]  # refused or not, it went through the upstream
    left: str | None = answer.headers["X-RateLimit-Remaining-video-year"]
    return answer.status, left, gateway.upstream.last.headers["X-RateLimit-Remaining-video"]


def test_counting(gateway: Stored, policy: Policy, log: Collector) -> None:
    gateway.configure(given(policy, log))
    found = [
        costing(gateway, log, cost)
        for cost in ("video=1", "video=2", "other=1", "video=1", "junk, video=--1")
    ]
    assert found == [(200, "2", "3"), (200, "0", "2"), (200, "0", "0"), (429, "0", "0"), (200, "0", "0")]


def test_several_things_are_counted_at_once(gateway: Stored, policy: Policy, log: Collector) -> None:
    gateway.configure(given(policy, log, limits={"video": {"year": 3}, "image": {"year": 9}}))
    assert costing(gateway, log, "video=2, image=1, other=5, junk") == (200, "1", "3")
    gateway.get("/")
    assert gateway.upstream.last.headers["X-RateLimit-Remaining-image"] == "8"


def test_blocking_before_the_upstream(gateway: Stored, policy: Policy, log: Collector) -> None:
    gateway.configure(given(policy, log, block_on_first_violation=True, hide_client_headers=True))
    assert costing(gateway, log, "video=3") == (200, None, "3")
    asked = len(gateway.upstream.requests)
    answer = gateway.get("/")
    assert (answer.status, len(gateway.upstream.requests)) == (429, asked)
    assert answer.json()["message"] == "API rate limit exceeded for 'video'"


def test_another_header(gateway: Stored, policy: Policy, log: Collector) -> None:
    gateway.configure(given(policy, log, header_name="x-cost"))
    assert costing(gateway, log, "video=1", "x-cost") == (200, "2", "3")


def test_nodes_count_together(redis: Redis, on_sqlite: Stored, on_postgres: Stored, log: Collector) -> None:
    place = {"policy": "redis", "redis_host": redis.host, "redis_port": redis.port}
    everywhere = given(place, log)
    del everywhere["plugins"][0]["route"]  # each node has its own
    for node in (on_sqlite, on_postgres):
        node.configure(everywhere)
    assert costing(on_sqlite, log, "video=2") == (200, "1", "3")
    assert costing(on_postgres, log, "video=1") == (200, "0", "1")
