"""Counters that nodes share in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from gopura.plugin.counters import LENGTHS, Asked, Limits, Usage, Windows, usage_of, usages_of

if TYPE_CHECKING:
    from gopura.plugin.redis import RedisPools, Server

# Reading and counting is one step in the server, so that never more than the limit passes on all nodes together.
_HIT = """
local counts, full = {}, false
for i, key in ipairs(KEYS) do
  counts[i] = tonumber(redis.call('GET', key) or 0)
  full = full or counts[i] >= tonumber(ARGV[2 * i - 1])
end
if not full then
  for i, key in ipairs(KEYS) do
    if redis.call('INCRBY', key, 1) == 1 then redis.call('EXPIRE', key, ARGV[2 * i]) end
  end
end
return counts
"""

_AT_ONCE = 1000
"""Windows that are exchanged in one message."""


def names(key: str, periods: Sequence[str], windows: Windows) -> list[str]:
    """The keys of the windows, as Kong names them."""
    return [f"ratelimit:{key}:{windows.starts[period] * 1000}:{period}" for period in periods]


async def read(client: Any, keys: Sequence[str]) -> list[Any]:
    """What the keys hold. By GET: users of Redis may be allowed what Kong needs and no more, neither MGET nor MULTI."""
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.get(key)
    found: list[Any] = await pipeline.execute()
    return found


class RedisCounters:
    """Counters that are asked with each request."""

    def __init__(self, pools: RedisPools, server: Server) -> None:
        self._pools, self._server = pools, server
        pools.client(server)  # loads the library now: no request shall wait for that

    async def hit(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Count one in every window of this key, unless one is used up; raises when Redis does not answer in time."""
        keys = names(key, [period for period, _ in limits], windows)
        arguments = [value for period, limit in limits for value in (limit, LENGTHS[period])]
        async with asyncio.timeout(self._server.timeout):
            client: Any = self._pools.client(self._server)
            counts = await client.eval(_HIT, len(keys), *keys, *arguments)
        return usage_of(limits, counts, windows)

    async def look(self, asked: Asked, windows: Windows) -> list[Usage]:
        """Say what is left for each key, without counting."""
        keys = [
            name for key, limits in asked for name in names(key, [period for period, _ in limits], windows)
        ]
        async with asyncio.timeout(self._server.timeout):
            client: Any = self._pools.client(self._server)
            counts = await read(client, keys)
        return usages_of(asked, [int(count or 0) for count in counts], windows)

    async def add(self, key: str, limits: Limits, windows: Windows, value: int) -> None:
        """Count so many in every window of this key, whatever is left."""
        periods = [period for period, _ in limits]
        async with asyncio.timeout(self._server.timeout):
            client: Any = self._pools.client(self._server)
            pipeline = client.pipeline(transaction=False)
            for name, period in zip(names(key, periods, windows), periods, strict=True):
                pipeline = pipeline.incrby(name, value).expire(name, LENGTHS[period])
            await pipeline.execute()


@dataclass
class _Shared:
    """One window: what all nodes had counted at the last exchange, and what this one has counted since."""

    total: int = 0
    own: int = 0
    ends: int = 0


@dataclass(eq=False)
class SyncedCounters:
    """Counters of this process that are brought together with those of other nodes every `rate` seconds."""

    pools: RedisPools
    server: Server
    rate: float
    _windows: dict[str, _Shared] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)  # requests come from several threads

    def __post_init__(self) -> None:
        self.pools.client(self.server)  # loads the library now, while no request waits

    def hit(self, key: str, limits: Limits, windows: Windows) -> Usage | None:
        """Count one in every window of this key, unless one is used up; None when there is one to `learn` first."""
        with self._lock:
            known = [
                self._windows.get(name) for name in names(key, [period for period, _ in limits], windows)
            ]
            shared = [window for window in known if window]
            if len(shared) < len(known):
                return None
            usage = usage_of(limits, [window.total + window.own for window in shared], windows)
            if usage.exceeded is None:
                for window in shared:
                    window.own += 1
        return usage

    async def learn(self, key: str, limits: Limits, windows: Windows) -> None:
        """Ask what all nodes have counted in the windows of this key; raises when Redis does not answer in time."""
        asked = names(key, [period for period, _ in limits], windows)
        async with asyncio.timeout(self.server.timeout):
            client: Any = self.pools.client(self.server)
            totals = await read(client, asked)
        self._begin(limits, windows, dict(zip(asked, totals, strict=True)))

    def begin(self, key: str, limits: Limits, windows: Windows) -> None:
        """Begin with nothing in the windows of this key, until the next exchange."""
        self._begin(limits, windows, dict.fromkeys(names(key, [period for period, _ in limits], windows)))

    def _begin(self, limits: Limits, windows: Windows, totals: Mapping[str, Any]) -> None:
        with self._lock:
            for (period, _), (name, total) in zip(limits, totals.items(), strict=True):
                ends = windows.starts[period] + LENGTHS[period]
                self._windows.setdefault(name, _Shared(int(total or 0), ends=ends))

    async def exchange(self, now: int) -> None:
        """Add what was counted here to Redis, and learn what others have counted."""
        with self._lock:
            self._windows = {name: window for name, window in self._windows.items() if window.ends > now}
            known = list(self._windows.items())
        for first in range(0, len(known), _AT_ONCE):
            await self._exchange(known[first : first + _AT_ONCE], now)

    async def _exchange(self, known: Sequence[tuple[str, _Shared]], now: int) -> None:
        client: Any = self.pools.client(self.server)
        pipeline = client.pipeline(transaction=False)
        counted = [self._take(window) for _, window in known]
        for (name, window), added in zip(known, counted, strict=True):
            pipeline.incrby(name, added).expire(name, max(1, window.ends - now))
        try:
            async with asyncio.timeout(self.server.timeout):
                totals = (await pipeline.execute())[::2]
        except BaseException:
            for (_, window), added in zip(known, counted, strict=True):
                self._give_back(window, added)
            raise
        for (_, window), total in zip(known, totals, strict=True):
            window.total = total

    def _take(self, window: _Shared) -> int:
        with self._lock:
            added, window.own = window.own, 0
            window.total += added
        return added

    def _give_back(self, window: _Shared, added: int) -> None:
        with self._lock:
            window.own += added
            window.total -= added
