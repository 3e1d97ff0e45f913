"""Counters that nodes share in the control plane's database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gopura.plugin.counters import LENGTHS, Asked, Limits, Usage, Windows, usage_of, usages_of

if TYPE_CHECKING:
    from gopura.plugin.records import Ask


class ClusterCounters:
    """Counters that are asked with each request. All methods raise without a control plane."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def hit(self, key: str, limits: Limits, windows: Windows) -> Usage:
        """Count one in every window of this key, unless one is used up."""
        counters = [(name(key, period, windows), limit, _lasting(period)) for period, limit in limits]
        counts: list[int] = await self._ask("hit", {"counters": counters})
        return usage_of(limits, counts, windows)

    async def look(self, asked: Asked, windows: Windows) -> list[Usage]:
        """Say what is left for each key, without counting."""
        names = [name(key, period, windows) for key, limits in asked for period, _ in limits]
        counts: list[int] = await self._ask("look", {"names": names})
        return usages_of(asked, counts, windows)

    async def add(self, key: str, limits: Limits, windows: Windows, value: int) -> None:
        """Count so many in every window of this key, whatever is left."""
        amounts = [(name(key, period, windows), value, _lasting(period)) for period, _ in limits]
        await self._ask("add", {"amounts": amounts})


def name(key: str, period: str, windows: Windows) -> str:
    """What a window's counter is called."""
    return f"{key}:{period}:{windows.starts[period]}"


def _lasting(period: str) -> int:
    # Twice as long, as months and years are longer than they are counted.
    return 2 * LENGTHS[period]
