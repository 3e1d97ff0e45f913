"""rate-limiting and response-ratelimiting: exact counts, by whom, what clients are told."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gopura._engine import Counters, Limits
from gopura.plugin.counters import LocalCounters, Windows
from gopura.plugins.rate_limiting import told
from gopura.testing import Gateway
from gopura.testing.upstream import Reply

CONSUMERS: dict[str, list[dict[str, Any]]] = {
    "consumers": [{"username": "bob"}, {"username": "al"}],
    "keyauth_credentials": [{"key": "kb", "consumer": "bob"}, {"key": "ka", "consumer": "al"}],
}


def limited(config: dict[str, Any], *others: str) -> dict[str, list[dict[str, Any]]]:
    plugins = [{"name": "rate-limiting", "config": config}, *({"name": name} for name in others)]
    return CONSUMERS | {"plugins": plugins}


def test_never_more_than_the_limit_passes() -> None:
    with Gateway(given=limited({"hour": 50})) as gateway, ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda _: gateway.get("/").status, range(120)))
        assert (statuses.count(200), statuses.count(429)) == (50, 70)


def test_what_clients_are_told() -> None:
    with Gateway(given=limited({"hour": 2, "day": 10})) as gateway:
        first = gateway.get("/").headers
        assert (first["X-RateLimit-Limit-Hour"], first["X-RateLimit-Remaining-Hour"]) == ("2", "1")
        assert (first["X-RateLimit-Limit-Day"], first["X-RateLimit-Remaining-Day"]) == ("10", "9")
        assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
        assert 0 < int(first["RateLimit-Reset"]) <= 3600
        gateway.get("/")
        refused = gateway.get("/")
        assert (refused.status, refused.json()["message"]) == (429, "API rate limit exceeded")
        assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"]
        assert refused.headers["X-RateLimit-Remaining-Hour"] == "0"


def test_other_status_message_and_no_headers() -> None:
    config = {"hour": 1, "error_code": 418, "error_message": "slow", "hide_client_headers": True}
    with Gateway(given=limited(config)) as gateway:
        assert gateway.get("/").headers["RateLimit-Limit"] is None
        refused = gateway.get("/")
        assert (refused.status, refused.json()["message"]) == (418, "slow")
        assert refused.headers["Retry-After"] is None


@pytest.mark.parametrize(
    ("config", "requests", "statuses"),
    [
        ({"limit_by": "consumer"}, [("/", "kb"), ("/", "kb"), ("/", "ka")], [200, 429, 200]),
        ({"limit_by": "credential"}, [("/", "kb"), ("/", "ka"), ("/", "ka")], [200, 200, 429]),
        ({"limit_by": "ip"}, [("/", "kb"), ("/", "ka")], [200, 429]),
        ({"limit_by": "service"}, [("/", "kb"), ("/", "ka")], [200, 429]),
        ({"limit_by": "header", "header_name": "apikey"}, [("/", "kb"), ("/", "ka")], [200, 200]),
        ({"limit_by": "path", "path": "/a"}, [("/a", "kb"), ("/b", "kb"), ("/a", "ka")], [200, 200, 429]),
    ],
)
def test_who_is_counted(config: dict[str, Any], requests: list[tuple[str, str]], statuses: list[int]) -> None:
    with Gateway(given=limited({"hour": 1} | config, "key-auth")) as gateway:
        assert [gateway.get(path, {"apikey": key}).status for path, key in requests] == statuses


def test_windows_follow_the_calendar() -> None:
    leap = Windows.at(1709210096)  # 2024-02-29T12:34:56Z
    assert leap.starts == {
        "second": 1709210096,
        "minute": 1709210040,
        "hour": 1709208000,
        "day": 1709164800,
        "month": 1706745600,
        "year": 1704067200,
    }
    assert (leap.reset("minute"), leap.reset("hour")) == (4, 1504)


def test_old_counts_are_forgotten() -> None:
    counters, limits = Counters(), Limits([("minute", 5)])
    counters.add("k", limits, 5, now=60)
    assert counters.remaining("k", limits, now=119) == [0]
    counters.forget(now=119)
    assert len(counters) == 1
    assert counters.remaining("k", limits, now=120) == [5]
    counters.forget(now=240)
    assert len(counters) == 0


def test_the_general_headers_are_of_the_scarcest_and_longest_window() -> None:
    usage = LocalCounters().look("k", [("second", 5), ("hour", 5)], Windows.at(3600))
    assert told(usage)["RateLimit-Reset"] == "3600"


def test_what_upstreams_count() -> None:
    config = {"limits": {"video": {"day": 3}, "image": {"day": 9}}, "header_name": "x-cost"}
    with Gateway(given={"plugins": [{"name": "response-ratelimiting", "config": config}]}) as gateway:
        gateway.upstream.reply = Reply(headers={"X-Cost": "video=2, image=1, other=5, junk"})
        answer = gateway.get("/")
        assert gateway.upstream.last.headers["X-RateLimit-Remaining-video"] == "3"
        assert answer.headers["X-RateLimit-Remaining-video-day"] == "1"
        assert answer.headers["X-RateLimit-Remaining-image-day"] == "8"
        assert answer.headers["X-Cost"] is None
        assert gateway.get("/").status == 200
        assert gateway.upstream.last.headers["X-RateLimit-Remaining-video"] == "1"
        refused = gateway.get("/")
        assert (refused.status, refused.body) == (429, b"")
        assert refused.headers["X-RateLimit-Remaining-video-day"] == "0"


def test_block_on_first_violation() -> None:
    config = {"limits": {"video": {"day": 1}}, "block_on_first_violation": True}
    with Gateway(given={"plugins": [{"name": "response-ratelimiting", "config": config}]}) as gateway:
        gateway.upstream.reply = Reply(headers={"X-Kong-Limit": "video=1"})
        assert gateway.get("/").status == 200
        assert gateway.get("/").json()["message"] == "API rate limit exceeded for 'video'"
