"""Counters that all nodes share: how often something happened in a window of time. Not in the change log."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

if TYPE_CHECKING:
    from gopura.store.connection import Connection
from gopura.store.database import Database

_CLEAN_SECONDS = 60.0

Limited = tuple[str, float, int]
"""A counter's name, its limit, and how many seconds after its first hit it may be forgotten."""


def table(metadata: sa.MetaData) -> sa.Table:
    """The counters by their names."""
    return sa.Table(
        "gopura_counters",
        metadata,
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False, index=True),
    )


class Counters:
    """Counts in one database. Every method raises DatabaseUnavailable while it cannot be reached."""

    def __init__(self, database: Database, counters: sa.Table) -> None:
        self._database, self._table = database, counters
        self._cleaned = time.monotonic()

    async def hit(self, counters: Sequence[Limited]) -> list[int]:
        """Add one to each counter, unless one has reached its limit; returns what they were before.

        Reading and adding is one step: no more than the limit passes on all nodes together.
        """
        async with self._database.write() as connection:
            known = await self._values(connection, [name for name, _, _ in counters])
            before = [known.get(name, 0) for name, _, _ in counters]
            if all(value < limit for value, (_, limit, _) in zip(before, counters, strict=True)):
                await self._add(connection, [(name, 1, seconds) for name, _, seconds in counters])
            await self._clean(connection)
        return before

    async def look(self, names: Sequence[str]) -> list[int]:
        """The values of counters."""
        async with self._database.read() as connection:
            known = await self._values(connection, names)
        return [known.get(name, 0) for name in names]

    async def add(self, amounts: Sequence[tuple[str, int, int]]) -> None:
        """Add to counters: their names, how much, and after how many seconds they may be forgotten."""
        async with self._database.write() as connection:
            await self._add(connection, amounts)
            await self._clean(connection)

    async def _values(self, connection: Connection, names: Sequence[str]) -> dict[str, int]:
        of = self._table.c
        query = sa.select(of.name, of.value).where(of.name.in_(names), of.expires_at > time.time())
        return {row.name: row.value for row in await connection.execute(query)}

    async def _add(self, connection: Connection, amounts: Sequence[tuple[str, int, int]]) -> None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        now = time.time()
        # In one order everywhere, so that two nodes never wait for each other.
        for name, amount, seconds in sorted(amounts):
            row = insert(self._table).values(name=name, value=amount, expires_at=now + seconds)
            added = {"value": self._table.c.value + amount}
            await connection.execute(row.on_conflict_do_update(index_elements=["name"], set_=added))

    async def _clean(self, connection: Connection) -> None:
        if time.monotonic() - self._cleaned < _CLEAN_SECONDS:
            return
        self._cleaned = time.monotonic()
        await connection.execute(sa.delete(self._table).where(self._table.c.expires_at <= time.time()))
