"""Counters that nodes share in the control plane's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gopura.plugin.counters import LENGTHS, Limits, Usage, Windows, usage_of

if TYPE_CHECKING:
    from gopura.plugin.records import Ask


class ClusterCounters:
    """Counters that are asked with each request."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def hit(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Count one in every window of this key, unless one is used up; raises without a control plane."""
        counters = [
            (f"{key}:{period}:{windows.starts[period]}", limit, 2 * LENGTHS[period])
            for period, limit in limits
        ]
        counts: list[int] = await self._ask("hit", {"counters": counters})
        return usage_of(limits, counts, windows)
