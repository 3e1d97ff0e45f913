"""Queries on one connection, which sees one committed state (and what it wrote itself)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gopura.store import offsets, rows
from gopura.store.layout import Layout
from gopura.store.rows import Value
from gopura.store.tables import EXPIRY, Tables

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

    def __init__(self, connection: AsyncConnection, tables: Tables) -> None:
        self.connection = connection
        self.tables = tables

    async def get(self, entity: str, key: str) -> Value | None:
        """The entity with this primary key."""
        layout = self.tables.layouts[entity]
        return await self.get_by(entity, layout.key, key.lower() if layout.key == "id" else key)

    async def get_by(self, entity: str, field: str, value: Any) -> Value | None:
        """The first entity whose `field` has this value (an id for a reference)."""
        return await self.find(entity, {field: value})

    async def find(self, entity: str, where: Where) -> Value | None:
        """The first entity whose fields have all these values."""
        found = await self._values(self._select(entity, where).limit(1), self.tables.layouts[entity])
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
        layout = self.tables.layouts[entity]
        key = self.tables.of[entity].c[layout.key]
        return await self._values(self._select(entity, where or {}).order_by(key), layout)

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
        table = self.tables.of[entity]
        layout = self.tables.layouts[entity]
        order = [table.c[name] for name in (["created_at", layout.key] if newest_first else [layout.key])]
        query = self._select(entity, where or {})
        if tags:
            query = query.where(*self._tagged(entity, table.c[layout.key], tags))
        if offset is not None:
            after = [
                sa.literal(part) for part in offsets.decode(offset, (float, str) if newest_first else (str,))
            ]
            query = query.where(
                sa.tuple_(*order) < sa.tuple_(*after) if newest_first else order[0] > after[0]
            )
        query = query.order_by(*[column.desc() if newest_first else column for column in order])
        found = await self._values(query.limit(size + 1), layout)
        return _page(found, size, [column.name for column in order])

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

    def _select(self, entity: str, where: Where) -> sa.Select[Any]:
        table = self.tables.of[entity]
        layout = self.tables.layouts[entity]
        query = sa.select(table).where(
            *(table.c[layout.by_name[name].sql] == value for name, value in where.items())
        )
        if layout.ttl:
            query = query.where(sa.or_(table.c[EXPIRY].is_(None), table.c[EXPIRY] > time.time()))
        return query

    def _tagged(self, entity: str, key: sa.Column[Any], tags: TagFilter) -> list[sa.ColumnElement[bool]]:
        # One look-up in the tags' primary key for each row: pages stay cheap however many rows carry a tag.
        table = self.tables.tags.alias()
        groups = [tags.tags] if tags.mode == "or" else [[tag] for tag in tags.tags]
        base = sa.select(sa.literal(1)).where(table.c.id == key, table.c.entity == entity)
        return [sa.exists(base.where(table.c.tag.in_(group))) for group in groups]

    async def _values(self, query: sa.Select[Any], layout: Layout) -> list[Value]:
        result = await self.connection.execute(query)
        return [rows.to_value(layout, row) for row in result.mappings()]


def _page(found: list[Value], size: int, key: list[str]) -> Page:
    if len(found) <= size:
        return Page([rows.shown(value) for value in found], None)
    data = found[:size]
    return Page([rows.shown(value) for value in data], offsets.encode([data[-1][name] for name in key]))
