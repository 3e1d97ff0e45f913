"""Counters that nodes share in Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gopura.plugin.counters import LENGTHS, Limits, Usage, Windows, usage_of

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


def names(key: str, periods: Sequence[str], windows: Windows) -> list[str]:
    """The keys of the windows, as Kong names them."""
    return [f"ratelimit:{key}:{windows.starts[period] * 1000}:{period}" for period in periods]


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

    async def look(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Say what is left, without counting."""
        async with asyncio.timeout(self._server.timeout):
            client: Any = self._pools.client(self._server)
            counts = await client.mget(names(key, [period for period, _ in limits], windows))
        return usage_of(limits, [int(count or 0) for count in counts], windows)

    async def add(self, key: str, limits: Limits, windows: Windows, value: int) -> None:
        """Count so many in every window of this key, whatever is left."""
        periods = [period for period, _ in limits]
        async with asyncio.timeout(self._server.timeout):
            client: Any = self._pools.client(self._server)
            pipeline = client.pipeline()
            for name, period in zip(names(key, periods, windows), periods, strict=True):
                pipeline = pipeline.incrby(name, value).expire(name, LENGTHS[period])
            await pipeline.execute()


@dataclass
class _Shared:
    """One window: what all nodes had counted at the last exchange, and what this one has counted since."""

    total: int = 0
    own: int = 0
    ends: int = 0


@dataclass
class SyncedCounters:
    """Counters of this process that are brought together with those of other nodes now and then."""

    pools: RedisPools
    server: Server
    _windows: dict[str, _Shared] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pools.client(self.server)  # loads the library now, while no request waits

    def hit(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Count one in every window of this key, unless one is used up by what is known here."""
        periods = [period for period, _ in limits]
        shared = [
            self._windows.setdefault(name, _Shared(ends=windows.starts[period] + LENGTHS[period]))
            for name, period in zip(names(key, periods, windows), periods, strict=True)
        ]
        usage = usage_of(limits, [window.total + window.own for window in shared], windows)
        if usage.exceeded is None:
            for window in shared:
                window.own += 1
        return usage

    async def exchange(self, now: int) -> None:
        """Add what was counted here to Redis, and learn what others have counted."""
        self._windows = {name: window for name, window in self._windows.items() if window.ends > now}
        for name, window in list(self._windows.items()):
            added, window.own = window.own, 0
            window.total += added
            client: Any = self.pools.client(self.server)
            pipeline = client.pipeline().incrby(name, added).expire(name, max(1, window.ends - now))
            try:
                window.total = (await pipeline.execute())[0]
            except BaseException:
                window.own, window.total = window.own + added, window.total - added
                raise
