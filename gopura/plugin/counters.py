"""Counting in windows of the calendar (UTC): so many in a second, a minute, ... a year."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

LENGTHS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "month": 2592000, "year": 31536000}
"""Seconds of a window; months count as 30 days, years as 365."""

Limits = Sequence[tuple[str, float]]
"""Pairs of period and limit."""


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


@dataclass
class _Count:
    start: int
    value: int = 0


@dataclass
class LocalCounters:
    """Counters of this process. Reading and counting is one step: never more than the limit passes."""

    _counts: dict[str, dict[str, _Count]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Count one in every window of this key, unless one of them is used up."""
        with self._lock:
            counts = [self._current(key, period, windows) for period, _ in limits]
            usage = usage_of(limits, [count.value for count in counts], windows)
            if usage.exceeded is None:
                for count in counts:
                    count.value += 1
            return usage

    def look(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Say what is left, without counting."""
        with self._lock:
            return usage_of(
                limits, [self._current(key, period, windows).value for period, _ in limits], windows
            )

    def add(self, key: str, limits: Limits, windows: Windows, value: int) -> None:
        """Count so many in every window of this key, whatever is left."""
        with self._lock:
            for period, _ in limits:
                self._current(key, period, windows).value += value

    def forget(self, windows: Windows) -> None:
        """Drop the counters whose windows are all over."""
        with self._lock:
            over = [key for key, counts in self._counts.items() if _over(counts, windows)]
            for key in over:
                del self._counts[key]

    def _current(self, key: str, period: str, windows: Windows) -> _Count:
        counts = self._counts.setdefault(key, {})
        start = windows.starts[period]
        count = counts.get(period)
        if count is None or count.start != start:
            count = counts[period] = _Count(start)
        return count


_latest = Windows(0, {})


def windows() -> Windows:
    """The windows of now; computed once a second."""
    global _latest
    now = int(time.time())
    latest = _latest
    if latest.now != now:
        _latest = latest = Windows.at(now)
    return latest


def usage_of(limits: Limits, counts: Sequence[int], windows: Windows) -> Usage:
    """What counts leave of limits."""
    usage = Usage(limits, {}, windows)
    for (period, limit), count in zip(limits, counts, strict=True):
        left = usage.remaining[period] = limit - count
        if left <= 0:
            usage.exceeded = period
    return usage


def _over(counts: dict[str, _Count], windows: Windows) -> bool:
    return all(windows.starts[period] != count.start for period, count in counts.items())


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())
