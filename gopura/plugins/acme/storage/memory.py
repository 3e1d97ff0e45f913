"""The storage `shm`: the memory of the control process, which ends with it."""

from __future__ import annotations

import time


class Memory:
    """For one node; never waits."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, float]] = {}

    async def get(self, name: str) -> str | None:
        """The text, while its time is not over."""
        text, until = self._kept.get(name, ("", 0.0))
        if until > time.monotonic():
            return text
        self._kept.pop(name, None)
        return None

    async def set(self, name: str, text: str, seconds: int | None = None) -> None:
        """Keep a text."""
        self._kept[name] = text, float("inf") if seconds is None else time.monotonic() + seconds

    async def add(self, name: str, text: str, seconds: int | None = None) -> bool:
        """Keep a text unless there is one."""
        if await self.get(name) is not None:
            return False
        await self.set(name, text, seconds)
        return True

    async def delete(self, name: str) -> None:
        """Forget a text."""
        self._kept.pop(name, None)

    async def names(self, prefix: str) -> list[str]:
        """The names that begin so."""
        return sorted([name for name in list(self._kept) if name.startswith(prefix) and await self.get(name)])
