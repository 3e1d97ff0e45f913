"""A cache of this node: values by key, each for its time; shared by all plugins of the process."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

Entry = tuple[float, Any]


class Cache:
    """The least recently used values go when `capacity` is reached. Safe to use from every thread."""

    def __init__(self, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity, self._clock = capacity, clock
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._loading: dict[str, asyncio.Future[Any]] = {}

    def get(self, key: str, default: Any = None) -> Any:
        """Return what was kept under this key and is not too old."""
        entry = self._entries.get(key)
        if entry is None or entry[0] <= self._clock():
            return default
        return entry[1]

    def set(self, key: str, value: Any, ttl: float = float("inf")) -> None:
        """Keep a value for `ttl` seconds."""
        self._entries[key] = (self._clock() + ttl, value)
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity:
            self._entries.popitem(last=False)

    def delete(self, key: str) -> None:
        """Forget a key."""
        self._entries.pop(key, None)

    async def fetch(self, key: str, load: Callable[[], Awaitable[Any]], ttl: float) -> Any:
        """Return what is kept, or load and keep it; those who ask at the same time share one loading."""
        missing = object()
        if (known := self.get(key, missing)) is not missing:
            return known
        if (loading := self._loading.get(key)) is None:
            loading = self._loading[key] = asyncio.ensure_future(self._load(key, load, ttl))
        return await asyncio.shield(loading)

    async def _load(self, key: str, load: Callable[[], Awaitable[Any]], ttl: float) -> Any:
        try:
            value = await load()
            self.set(key, value, ttl)
            return value
        finally:
            del self._loading[key]
