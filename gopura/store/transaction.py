"""One transaction: changes of entities, whole or not at all, each noted for the change log."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import sqlalchemy as sa

from gopura import progress
from gopura.store import constraints, rows
from gopura.store.changes import Recorder
from gopura.store.connection import Connection
from gopura.store.errors import ForeignKeyViolation, NotFound
from gopura.store.layout import EXPIRY, Layout
from gopura.store.reader import Reader
from gopura.store.rows import Value
from gopura.store.statements import Statements

_AT_ONCE = 200
"""Entities that are dealt with before others get their turn."""


class Transaction(Reader):
    """The writer's view. Values are complete and valid; the store checks keys and references.

    `version` is what the database has after the commit; it is set when the transaction ends.
    """

    version = 0

    def __init__(self, connection: Connection, statements: Statements, recorder: Recorder) -> None:
        super().__init__(connection, statements)
        self.recorder = recorder
        self._known: dict[tuple[str, str], Value] = {}

    async def insert(self, entity: str, value: Value) -> Value:
        """Add an entity and return it as stored; PrimaryKey-, Unique- or ForeignKeyViolation."""
        layout = self.tables.layouts[entity]
        row = rows.to_row(layout, value)
        await constraints.check(self.connection, self.statements, layout, row, value, new=True)
        await self.connection.execute(self.statements.insert(entity), row)
        return await self._done(layout, None, row)

    async def update(self, entity: str, value: Value) -> Value:
        """Replace the entity that has the value's primary key; NotFound, Unique- or ForeignKeyViolation.

        Without a `ttl` in the value the entity expires when it did before; a `ttl` of 0 lets it live.
        """
        layout = self.tables.layouts[entity]
        key = rows.key_of(layout, value)
        before = await self._stored(layout, key)
        if before is None:
            raise NotFound.by_primary_key({layout.key: key})
        row = rows.to_row(layout, {EXPIRY: before.get(EXPIRY)} | value)
        await constraints.check(self.connection, self.statements, layout, row, value, new=False)
        await self.connection.execute(self.statements.update(entity), row | {"_key": key})
        return await self._done(layout, before, row)

    async def upsert(self, entity: str, value: Value) -> Value:
        """Replace the entity that has the value's primary key, or add it."""
        layout = self.tables.layouts[entity]
        exists = await self._stored(layout, rows.key_of(layout, value))
        return await (self.insert if exists is None else self.update)(entity, value)

    async def delete(self, entity: str, key: str) -> Value | None:
        """Remove an entity with all that hangs on it; returns it, or None when there was none.

        ForeignKeyViolation when another entity that must not vanish refers to it.
        """
        layout = self.tables.layouts[entity]
        value = await self._stored(layout, key.lower() if layout.key == "id" else key)
        if value is None:
            return None
        doomed = {(layout.name, layout.key_of(value)): value}
        doomed |= {
            (child.name, child.key_of(row)): row async for child, row in self._dependents(layout, value)
        }
        for (name, child_key), row in reversed(doomed.items()):
            await self._retag(name, child_key, None)
            self.recorder.touch(name, child_key, row, None)
            self._known.pop((name, child_key), None)
        await self.connection.execute(self.statements.delete(entity), {"_key": layout.key_of(value)})
        return rows.shown(value)

    async def clear(self, entity: str) -> None:
        """Remove every entity of a kind that nothing refers to."""
        layout, table = self.tables.layouts[entity], self.tables.of[entity]
        self._known.clear()
        for number, value in enumerate(await self.stored(entity), 1):
            self.recorder.touch(entity, layout.key_of(value), value, None)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        await self.connection.execute(sa.delete(self.tables.tags).where(self.tables.tags.c.entity == entity))
        await self.connection.execute(sa.delete(table))

    async def load(self, entity: str, values: list[Value]) -> None:
        """Add many entities whose keys and references are known to be good."""
        for start in range(0, len(values), _AT_ONCE):
            await self._load(entity, values[start : start + _AT_ONCE])
            progress.step()
            await asyncio.sleep(0)  # others get their turn

    async def _load(self, entity: str, values: list[Value]) -> None:
        layout = self.tables.layouts[entity]
        found = [rows.to_row(layout, value) for value in values]
        await self.connection.execute(sa.insert(self.tables.of[entity]), found)
        tags = [(row[layout.key], tag) for row in found for tag in dict.fromkeys(row.get("tags") or ())]
        if tags:
            pairs = [{"id": key, "entity": entity, "tag": tag} for key, tag in tags]
            await self.connection.execute(sa.insert(self.tables.tags), pairs)
        for row in found:
            self.recorder.touch(entity, row[layout.key], None, rows.to_value(layout, row))

    async def _dependents(self, parent: Layout, value: Value) -> AsyncIterator[tuple[Layout, Value]]:
        for child, column in self.tables.children[parent.name]:
            query = self.statements.below(child.name, column.sql)
            for row in await self._values(child, query, {"_key": parent.key_of(value)}):
                if column.on_delete != "cascade":
                    raise ForeignKeyViolation.restricted(parent.name, child.name)
                yield child, row
                async for dependent in self._dependents(child, row):
                    yield dependent

    async def _values(self, layout: Layout, query: sa.Select[Any], parameters: dict[str, Any]) -> list[Value]:
        # What the only writer has read stays true until it changes it itself.
        found = await super()._values(layout, query, parameters)
        self._known |= {(layout.name, layout.key_of(value)): dict(value) for value in found}
        return found

    async def _stored(self, layout: Layout, key: str) -> Value | None:
        # Expired rows count: they hold their keys until they are removed.
        if (layout.name, key) not in self._known:
            await self._values(layout, self.statements.by_key(layout.name), {"_key": key})
        return self._known.get((layout.name, key))

    async def _done(self, layout: Layout, before: Value | None, row: dict[str, Any]) -> Value:
        after = rows.to_value(layout, row)
        key = row[layout.key]
        if layout.tagged and (before or {}).get("tags") != after["tags"]:
            await self._retag(layout.name, key, after["tags"])
        self.recorder.touch(layout.name, key, before, after)
        self._known[layout.name, key] = after
        return rows.shown(dict(after))

    async def _retag(self, entity: str, key: str, tags: list[str] | None) -> None:
        await self.connection.execute(self.statements.untag(), {"_key": key, "_entity": entity})
        if tags:
            found = [{"id": key, "entity": entity, "tag": tag} for tag in dict.fromkeys(tags)]
            await self.connection.execute(sa.insert(self.tables.tags), found)
