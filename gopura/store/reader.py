"""Queries on one connection, which sees one committed state (and what it wrote itself)."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from gopura.store import offsets, rows
from gopura.store.connection import Connection
from gopura.store.layout import Layout
from gopura.store.rows import Value
from gopura.store.statements import Listed, Statements

Where = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Entities that carry all of these tags, or any of them."""

    tags: Sequence[str]
    mode: Literal["and", "or"] = "and"


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list; `offset` continues it and is None at the end."""

    data: list[Value]
    offset: str | None


class Reader:
    """Reads entities as the Admin API shows them. Rows past their ttl are not seen."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self.connection = connection
        self.statements = statements
        self.tables = statements.tables

    async def get(self, entity: str, key: str) -> Value | None:
        """The entity with this primary key."""
        layout = self.tables.layouts[entity]
        return await self.get_by(entity, layout.key, key.lower() if layout.key == "id" else key)

    async def get_by(self, entity: str, field: str, value: Any) -> Value | None:
        """The first entity whose `field` has this value (an id for a reference)."""
        return await self.find(entity, {field: value})

    async def find(self, entity: str, where: Where) -> Value | None:
        """The first entity whose fields have all these values."""
        query = self.statements.first(entity, tuple(where))
        found = await self._values(self.tables.layouts[entity], query, _values(where))
        return rows.shown(found[0]) if found else None

    async def all(self, entity: str, where: Where | None = None) -> list[Value]:
        """Every entity whose fields have these values, in the order of their keys."""
        return [rows.shown(value) for value in await self.stored(entity, where)]

    async def distinct(self, entity: str, field: str) -> list[Any]:
        """The values that a field has, each once."""
        column = self.tables.of[entity].c[field]
        return list(await self.connection.scalars(sa.select(column).distinct().order_by(column)))

    async def stored(self, entity: str, where: Where | None = None) -> list[Value]:
        """Like `all`, with `expires_at` instead of `ttl`."""
        query, layout = self.statements.every(entity, tuple(where or ())), self.tables.layouts[entity]
        return await self.connection.run_sync(_every, query, _values(where or {}), layout)

    async def chunks(self, entity: str, size: int = 1000) -> AsyncIterator[list[Value]]:
        """Like `stored`, but never more than `size` at a time; the event loop gets its turn in between."""
        layout, last = self.tables.layouts[entity], None
        while True:
            query = self.statements.page(entity, Listed(after=last is not None))
            parameters = {"_now": time.time(), "_most": size, "_after0": last}
            found = await self._values(layout, query, parameters)
            yield found
            if len(found) < size:
                return
            last = found[-1][layout.key]
            await asyncio.sleep(0)

    async def page(
        self,
        entity: str,
        size: int = 100,
        offset: str | None = None,
        tags: TagFilter | None = None,
        where: Where | None = None,
        newest_first: bool = False,
    ) -> Page:
        """A page in the order of primary keys, or of creation.

        It continues after a row's sort key, so rows that come or go meanwhile neither repeat nor hide others.
        """
        layout = self.tables.layouts[entity]
        order = ["created_at", layout.key] if newest_first else [layout.key]
        groups = _groups(tags) if tags else []
        after = offsets.decode(offset, (float, str) if newest_first else (str,)) if offset is not None else []
        listed = Listed(tuple(where or ()), len(groups), bool(after), newest_first)
        parameters = _values(where or {}) | _numbered("_tags", groups) | _numbered("_after", after)
        query = self.statements.page(entity, listed)
        return _page(await self._values(layout, query, parameters | {"_most": size + 1}), size, order)

    async def tags(self, size: int = 100, offset: str | None = None, tag: str | None = None) -> Page:
        """Which entity carries which tag."""
        table = self.tables.tags
        order = (table.c.id, table.c.entity, table.c.tag)
        query = sa.select(table.c.tag, table.c.entity.label("entity_name"), table.c.id.label("entity_id"))
        if tag is not None:
            query = query.where(table.c.tag == tag)
        if offset is not None:
            query = query.where(sa.tuple_(*order) > sa.tuple_(*offsets.decode(offset, (str, str, str))))
        result = await self.connection.execute(query.order_by(*order).limit(size + 1))
        found = [{str(name): value for name, value in row._mapping.items()} for row in result]
        return _page(found, size, ["entity_id", "entity_name", "tag"])

    async def _values(self, layout: Layout, query: sa.Select[Any], parameters: dict[str, Any]) -> list[Value]:
        result = await self.connection.execute(query, parameters)
        return [rows.value_of(layout, row) for row in result]


def _every(
    connection: sa.Connection, query: sa.Select[Any], parameters: dict[str, Any], layout: Layout
) -> list[Value]:
    return [rows.value_of(layout, row) for row in connection.execute(query, parameters)]


def _values(where: Where) -> dict[str, Any]:
    return {**where, "_now": time.time()}


def _groups(tags: TagFilter) -> list[Sequence[str]]:
    return [tags.tags] if tags.mode == "or" else [[tag] for tag in tags.tags]


def _numbered(name: str, values: Sequence[Any]) -> dict[str, Any]:
    return {f"{name}{number}": value for number, value in enumerate(values)}


def _page(found: list[Value], size: int, key: list[str]) -> Page:
    if len(found) <= size:
        return Page([rows.shown(value) for value in found], None)
    data = found[:size]
    return Page([rows.shown(value) for value in data], offsets.encode([data[-1][name] for name in key]))
