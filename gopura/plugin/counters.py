"""Counting in windows of the calendar (UTC): so many in a second, a minute, ... a year."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice

from gopura import _engine

LENGTHS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 2592000, "year": 31536000}
"""Seconds of a window; months count as 30 days, years as 365."""

Limits = Sequence[tuple[str, float]]
"""Pairs of period and limit."""

Asked = Sequence[tuple[str, Limits]]
"""Keys with the limits of each."""


@dataclass(frozen=True)
class Windows:
    """The windows that a moment lies in."""

    now: int
    starts: dict[str, int]

    @classmethod
    def at(cls, now: int) -> Windows:
        """The windows of a moment in seconds since 1970."""
        moment = datetime.fromtimestamp(now, UTC)
        day = moment.replace(hour=0, minute=0, second=0)
        starts = {"second": now, "minute": now - now % 60, "hour": now - now % 3600, "day": _stamp(day)}
        return cls(
            now,
            starts | {"month": _stamp(day.replace(day=1)), "year": _stamp(day.replace(month=1, day=1))},
        )

    def reset(self, period: str) -> int:
        """Seconds until the window ends; at least one."""
        return max(1, LENGTHS[period] - (self.now - self.starts[period]))


@dataclass
class Usage:
    """What is left in each window before this request, and the window that is used up, if one is."""

    limits: Limits
    remaining: dict[str, float]
    windows: Windows
    exceeded: str | None = None


class LocalCounters:
    """Counters of this process, in the engine."""

    def __init__(self) -> None:
        self._counters = _engine.Counters()

    def look(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Say what is left, without counting."""
        left = self._counters.remaining(key, _ready(tuple(limits)), windows.now)
        counts = [limit - remaining for (_, limit), remaining in zip(limits, left, strict=True)]
        return usage_of(limits, counts, windows)

    def add(self, key: str, limits: Limits, windows: Windows, value: int) -> None:
        """Count so many in every window of this key, whatever is left."""
        self._counters.add(key, _ready(tuple(limits)), value, windows.now)

    def forget(self, windows: Windows) -> None:
        """Drop the counters whose windows are all over."""
        self._counters.forget(windows.now)


@lru_cache(maxsize=1000)
def _ready(limits: tuple[tuple[str, float], ...]) -> _engine.Limits:
    return _engine.Limits(list(limits))


_latest = Windows(0, {})


def windows() -> Windows:
    """The windows of now; computed once a second."""
    global _latest
    now = int(time.time())
    latest = _latest
    if latest.now != now:
        _latest = latest = Windows.at(now)
    return latest


def usage_of(limits: Limits, counts: Sequence[float], windows: Windows) -> Usage:
    """What counts leave of limits."""
    usage = Usage(limits, {}, windows)
    for (period, limit), count in zip(limits, counts, strict=True):
        left = usage.remaining[period] = limit - count
        if left <= 0:
            usage.exceeded = period
    return usage


def usages_of(asked: Asked, counts: Sequence[float], windows: Windows) -> list[Usage]:
    """What counts, in the order of the keys and their windows, leave of each key's limits."""
    left = iter(counts)
    return [usage_of(limits, list(islice(left, len(limits))), windows) for _, limits in asked]


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())
