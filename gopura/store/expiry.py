"""Removes rows whose ttl is over, at the moment when it is over."""

import asyncio
import logging
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gopura.store.errors import DatabaseUnavailable
from gopura.store.layout import EXPIRY, Layout

if TYPE_CHECKING:
    from gopura.store.store import Store

log = logging.getLogger(__name__)

# Other nodes' rows become known here at the latest after this many seconds.
_LONGEST_SLEEP = 60.0


class Expiry:
    """A task that sleeps until the next row expires, and deletes what did, with its changes in the log."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._earlier = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        if any(layout.ttl for layout in self._store.tables.layouts.values()):
            self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End after what is under way; whatever is due later stays for the next start."""
        self._stopping = True
        self.wake()
        if self._task:
            await self._task

    def wake(self) -> None:
        """A row with a ttl was written: look again."""
        self._earlier.set()

    async def _run(self) -> None:
        while not self._stopping:
            self._earlier.clear()
            try:
                await self.remove()
                pause = await self._until_next()
            except DatabaseUnavailable as error:
                log.warning("cannot remove expired rows: %s", error)
                pause = 1.0
            with suppress(TimeoutError):
                async with asyncio.timeout(0 if self._stopping else pause):
                    await self._earlier.wait()

    async def remove(self) -> None:
        """Delete every row that is past its ttl."""
        expired = await self._expired()
        if not expired:
            return
        async with self._store.transaction(actor="ttl") as tx:
            for entity, key in expired:
                await tx.delete(entity, key)
                await asyncio.sleep(0)  # thousands may expire together: others get their turn

    async def _expired(self) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        async with self._store.reading() as reader:
            for layout in self._layouts():
                table = self._store.tables.of[layout.name]
                query = sa.select(table.c[layout.key]).where(table.c[EXPIRY] <= time.time())
                found += [(layout.name, key) for key in await reader.connection.scalars(query)]
        return found

    async def _until_next(self) -> float:
        moments = []
        async with self._store.reading() as reader:
            for layout in self._layouts():
                moment = await reader.connection.scalar(
                    sa.select(sa.func.min(self._store.tables.of[layout.name].c[EXPIRY]))
                )
                moments += [] if moment is None else [float(moment)]
        return min(_LONGEST_SLEEP, max(0.0, min(moments, default=time.time() + _LONGEST_SLEEP) - time.time()))

    def _layouts(self) -> list[Layout]:
        return [layout for layout in self._store.tables.layouts.values() if layout.ttl]
