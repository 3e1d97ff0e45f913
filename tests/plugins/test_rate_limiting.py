"""rate-limiting: exact counts wherever they are kept, by whom, what clients are told."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from gopura._engine import Counters, Limits
from gopura.plugin.counters import LocalCounters, Windows
from gopura.plugins.rate_limiting import told
from tests.plugins.stored import Stored

Given = dict[str, list[dict[str, Any]]]
Policy = dict[str, Any]

CONSUMERS: Given = {
    "consumers": [{"username": "bob"}, {"username": "al"}],
    "keyauth_credentials": [{"key": "kb", "consumer": "bob"}, {"key": "ka", "consumer": "al"}],
}


def limited(config: dict[str, Any], *others: str) -> Given:
    # Counts belong to the route, so that no test finds those of another.
    limiting = {"name": "rate-limiting", "route": "all", "config": config}
    return CONSUMERS | {"plugins": [limiting, *({"name": name} for name in others)]}


def test_never_more_than_the_limit_passes(gateway: Stored, policy: Policy) -> None:
    gateway.configure(limited({"year": 50} | policy))
    with ThreadPoolExecutor(8) as clients:
        statuses = list(clients.map(lambda _: gateway.get("/").status, range(120)))
    assert (statuses.count(200), statuses.count(429)) == (50, 70)


def test_what_clients_are_told(gateway: Stored, policy: Policy) -> None:
    gateway.configure(limited({"month": 2, "year": 10} | policy))
    first = gateway.get("/").headers
    assert (first["X-RateLimit-Limit-Month"], first["X-RateLimit-Remaining-Month"]) == ("2", "1")
    assert (first["X-RateLimit-Limit-Year"], first["X-RateLimit-Remaining-Year"]) == ("10", "9")
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"]) == ("2", "1")
    assert 0 < int(first["RateLimit-Reset"]) <= 31 * 86400
    gateway.get("/")
    refused = gateway.get("/")
    assert (refused.status, refused.json()["message"]) == (429, "API rate limit exceeded")
    assert refused.headers["Retry-After"] == refused.headers["RateLimit-Reset"]
    assert refused.headers["X-RateLimit-Remaining-Month"] == "0"


def test_other_status_message_and_no_headers(gateway: Stored, policy: Policy) -> None:
    config = {"year": 1, "error_code": 418, "error_message": "slow", "hide_client_headers": True}
    gateway.configure(limited(config | policy))
    assert gateway.get("/").headers["RateLimit-Limit"] is None
    refused = gateway.get("/")
    assert (refused.status, refused.json()["message"]) == (418, "slow")
    assert refused.headers["Retry-After"] is None


@pytest.mark.parametrize(("error_code", "status"), [(200, 500), (600, 500), (599, 599)])
def test_a_refusal_is_an_error(gateway: Stored, error_code: int, status: int) -> None:
    gateway.configure(limited({"year": 1, "error_code": error_code}))
    assert [gateway.get("/").status, gateway.get("/").status] == [200, status]


def test_limits_with_fractions(gateway: Stored, policy: Policy) -> None:
    gateway.configure(limited({"year": 2.3} | policy))
    left = [gateway.get("/").headers["X-RateLimit-Remaining-Year"] for _ in range(4)]
    assert left == ["1.3", "0.3", "0", "0"]


@pytest.mark.parametrize(("who", "statuses"), [("", [200, 429, 200]), ("a\xfc", [200, 429, 200])])
def test_unusual_headers_are_counted_apart(
    gateway: Stored, policy: Policy, who: str, statuses: list[int]
) -> None:
    gateway.configure(limited({"year": 1, "limit_by": "header", "header_name": "x-who"} | policy))
    requests: list[dict[str, str]] = [{"X-Who": who}, {"X-Who": who}, {}]
    assert [gateway.get("/", headers).status for headers in requests] == statuses


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
def test_who_is_counted(
    gateway: Stored,
    policy: Policy,
    config: dict[str, Any],
    requests: list[tuple[str, str]],
    statuses: list[int],
) -> None:
    gateway.configure(limited({"year": 1} | policy | config, "key-auth"))
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
