"""What is measured of a request, in the lines of StatsD."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange

KINDS = {
    "gauge": "g",
    "counter": "c",
    "timer": "ms",
    "histogram": "h",
    "meter": "m",
    "set": "s",
    "distribution": "d",
}
"""StatsD's letters for kinds of measurements."""

NAMES = {
    "request_size": "request.size",
    "response_size": "response.size",
    "latency": "latency",
    "upstream_latency": "upstream_latency",
    "kong_latency": "kong_latency",
    "request_count": "request.count",
}
"""The names under which measurements are sent."""


class Measured(Protocol):
    """A measurement in a configuration."""

    stat_type: str
    sample_rate: float | None


def values(exchange: Exchange) -> dict[str, int]:
    """Sizes in bytes and times in milliseconds; there is no upstream's time without an upstream."""
    facts = exchange.facts
    latencies = facts["latencies"]
    found: dict[str, int] = {
        "request_size": facts["request_size"],
        "response_size": facts["response_size"],
        "latency": latencies["request"],
        "upstream_latency": latencies["proxy"],
        "kong_latency": latencies["kong"],
        "request_count": 1,
    }
    return {name: value for name, value in found.items() if value >= 0}


def line(name: str, value: Any, metric: Measured, before: str = "", after: str = "") -> bytes | None:
    """A line of StatsD, with tags before the value or after the line; None when it is not sampled."""
    rate = 1 if metric.sample_rate is None else metric.sample_rate
    if rate < 1 and random.random() >= rate:  # noqa: S311 - keeps no secret
        return None
    sampled = "" if rate == 1 else f"|@{rate:g}"
    return f"{name}{before}:{value}|{KINDS[metric.stat_type]}{sampled}{after}".encode()


def consumer_name(consumer: Entity | None, kind: str | None) -> str | None:
    """What a configuration wants a consumer to be called: its id, custom id or user name."""
    if consumer is None or kind is None:
        return None
    value: str | None = consumer.id if kind == "consumer_id" else consumer.get(kind)
    return value
