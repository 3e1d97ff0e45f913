"""Follows the changes that other nodes make in a shared database."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import asyncpg  # type: ignore[import-untyped]

from gopura.store.changes import NOTIFY_CHANNEL
from gopura.store.errors import DatabaseUnavailable, reason
from gopura.store.location import Location

if TYPE_CHECKING:
    from gopura.store.store import Store

log = logging.getLogger(__name__)

# A notification may be lost with its connection; asking now and then makes up for it.
_POLL_SECONDS = 5.0


class Watch:
    """Listens for notifications, polls besides, and connects again after every failure."""

    def __init__(self, store: "Store", location: Location) -> None:
        self._store = store
        self._location = location
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._poll())]

    async def stop(self) -> None:
        """End."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("not listening for changes of other nodes, trying again: %s", error)
            await asyncio.sleep(1)

    async def _hear(self) -> None:
        url = self._location.url
        connection = await asyncpg.connect(
            host=url.host,
            port=url.port,
            user=url.username,
            password=url.password,
            database=url.database,
            **self._location.connect,
        )
        closed = asyncio.Event()
        connection.add_termination_listener(lambda _: closed.set())
        try:
            await connection.add_listener(NOTIFY_CHANNEL, self._notified)
            self._news.set()
            await closed.wait()
        finally:
            connection.terminate()

    def _notified(self, *_: Any) -> None:
        self._news.set()

    async def _poll(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_POLL_SECONDS):
                    await self._news.wait()
            self._news.clear()
            try:
                self._store.announce(await self._store.version())
            except DatabaseUnavailable as error:
                log.warning("cannot follow the changes of other nodes: %s", reason(error))
