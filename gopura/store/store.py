"""The store: where entities are kept, and the log of their changes."""

from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from typing import Any, Self

from gopura import entities
from gopura.store import added, migrate, pruning
from gopura.store.changes import Change, Log, Recent, Recorder
from gopura.store.counters import Counters
from gopura.store.database import Database
from gopura.store.expiry import Expiry
from gopura.store.layout import Layout, layout_of, stored
from gopura.store.location import DatabaseSettings, Location, from_settings
from gopura.store.reader import Page, Reader, TagFilter, Where
from gopura.store.rows import Value
from gopura.store.statements import Statements
from gopura.store.tables import build
from gopura.store.transaction import Transaction
from gopura.store.watch import Watch

Callback = Callable[[int], None]

EMPTY_CONFIGURATION = "0" * 32
"""The hash that stands for a configuration without any entity."""


class Store:
    """Entities in one database. Use it as an async context manager, or call `open` and `close`.

    Every method raises DatabaseUnavailable while the database cannot be reached, and works again later.
    """

    def __init__(self, location: Location, layouts: Iterable[Layout]) -> None:
        self.location = location
        self.tables = build(layouts)
        self._database = Database(location)
        self._statements = Statements(self.tables)
        self._log = Log(self.tables.log, self._database.shared)
        self.counters = Counters(self._database, self.tables.counters)
        self.configuration_hash = EMPTY_CONFIGURATION
        self._callbacks: list[Callback] = []
        self._announced = 0
        self._recent = Recent()
        self._expiry = Expiry(self)
        self._watch = Watch(self, location) if self._database.shared else None

    @classmethod
    def of(cls, settings: DatabaseSettings) -> Self:
        """The store of all entities in the database that the settings name."""
        return cls.at(from_settings(settings))

    @classmethod
    def at(cls, location: Location) -> Self:
        """The store of all entities in this database."""
        return cls(location, map(layout_of, filter(stored, entities.all().values())))

    async def open(self) -> Self:
        """Make the tables where that needs no operator, and follow changes; NotBootstrapped otherwise."""
        await migrate.prepare(self.location, self._database)
        await added.ensure(self._database, self.tables)
        self._announced = await self.version()
        self._expiry.start()
        if self._watch:
            self._watch.start()
        return self

    async def close(self) -> None:
        """Stop following changes and close all connections."""
        await self._expiry.stop()
        if self._watch:
            await self._watch.stop()
        await self._database.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(
        self, actor: str | None = None, request_id: str | None = None
    ) -> AsyncIterator[Transaction]:
        """Change entities, all or nothing. Afterwards `version` is the database's."""
        async with self._database.write() as connection:
            tx = Transaction(connection, self._statements, Recorder(self._log, actor, request_id))
            yield tx
            written = await tx.recorder.write(connection)
            tx.version = written[-1].version if written else await self._log.newest(connection)
        if tx.recorder.expiring:
            self._expiry.wake()
        self._recent.add(written)
        self.announce(tx.version)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """Several queries on one committed state."""
        async with self._database.read() as connection:
            yield Reader(connection, self._statements)

    async def get(self, entity: str, key: str) -> Value | None:
        """The entity with this primary key."""
        async with self.reading() as reader:
            return await reader.get(entity, key)

    async def get_by(self, entity: str, field: str, value: Any) -> Value | None:
        """The first entity whose `field` has this value (an id for a reference)."""
        async with self.reading() as reader:
            return await reader.get_by(entity, field, value)

    async def page(
        self,
        entity: str,
        size: int = 100,
        offset: str | None = None,
        tags: TagFilter | None = None,
        where: Where | None = None,
    ) -> Page:
        """A part of the list of entities, in the order of their keys; InvalidOffset for a forged offset."""
        async with self.reading() as reader:
            return await reader.page(entity, size, offset, tags, where)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[tuple[int, AsyncIterator[tuple[str, list[Value]]]]]:
        """The version, and all entities as the change log has them, some at a time, read in one transaction."""
        async with self.reading() as reader:
            yield await self._log.newest(reader.connection), self._everything(reader)

    async def _everything(self, reader: Reader) -> AsyncIterator[tuple[str, list[Value]]]:
        for name in self.tables.layouts:
            async for values in reader.chunks(name):
                yield name, values

    async def changes(self, after_version: int) -> list[Change]:
        """Everything after a version that was announced; the changes of a transaction are never split."""
        known = self._recent.between(after_version, self._announced)
        if known is not None:
            return known
        async with self.reading() as reader:
            return await self._log.after(reader.connection, after_version)

    async def prune(self, before: float, kinds: Collection[str] | None = None) -> int:
        """Remove the changes before a moment (seconds since the epoch) from the log, of some kinds or of all.

        Whoever follows from further back finds a gap, and reads everything anew.
        """
        return await pruning.prune(self._database, self.tables.log, before, kinds)

    async def version(self) -> int:
        """The number of the last change."""
        async with self.reading() as reader:
            return await self._log.newest(reader.connection)

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call back with the version after every commit, of this node or another; returns how to end it."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def announce(self, version: int) -> None:
        """Tell the subscribers about a version, once."""
        if version > self._announced:
            self._announced = version
            for callback in list(self._callbacks):
                callback(version)
