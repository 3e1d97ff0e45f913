"""The change log: one row for every entity that a transaction touched, numbered without a gap."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Value = dict[str, Any]

NOTIFY_CHANNEL = "gopura_changes"


@dataclass(frozen=True, slots=True)
class Change:
    """One entity before and after a transaction; `before` is None for a new one, `after` for a deleted one.

    `at` is in seconds since the epoch. `actor` says who asked and `request_id` in which Admin API request.
    """

    version: int
    at: float
    actor: str | None
    request_id: str | None
    entity: str
    id: str
    before: Value | None
    after: Value | None


def table(metadata: sa.MetaData) -> sa.Table:
    """The log's table."""
    return sa.Table(
        "gopura_changes",
        metadata,
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("request_id", sa.Text),
        sa.Column("entity", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
        sa.Index("gopura_changes_by_entity", "entity", "id", "version"),
    )


class Recorder:
    """Collects what one transaction does to entities, and writes it to the log before the commit."""

    def __init__(self, log: sa.Table, actor: str | None, request_id: str | None) -> None:
        self._log = log
        self.expiring = False
        self._who = {"actor": actor, "request_id": request_id}
        self._touched: dict[tuple[str, str], tuple[Value | None, Value | None]] = {}

    @property
    def touched(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._touched)

    def touch(self, entity: str, key: str, before: Value | None, after: Value | None) -> None:
        """Note a change; several changes of one entity in a transaction make one row."""
        first, _ = self._touched.pop((entity, key), (before, None))
        if first != after:
            self._touched[entity, key] = (first, after)
        self.expiring |= bool(after and after.get("expires_at"))

    async def write(self, connection: AsyncConnection) -> int:
        """Append the rows; returns the version that the database has after the commit."""
        version = await current(connection, self._log)
        if self._touched:
            await connection.execute(sa.insert(self._log), list(self._rows(version, time.time())))
        return version + len(self._touched)

    def _rows(self, version: int, at: float) -> Sequence[Mapping[str, Any]]:
        return [
            self._who
            | {"version": number, "at": at, "entity": entity, "id": key, "before": old, "after": new}
            for number, ((entity, key), (old, new)) in enumerate(self._touched.items(), version + 1)
        ]


async def current(connection: AsyncConnection, log: sa.Table) -> int:
    """The version of the last change; 0 before the first one."""
    return int(await connection.scalar(sa.select(sa.func.coalesce(sa.func.max(log.c.version), 0))) or 0)


async def after(connection: AsyncConnection, log: sa.Table, version: int) -> list[Change]:
    """All changes that followed `version`, in order; a transaction's changes are never split."""
    rows = await connection.execute(sa.select(log).where(log.c.version > version).order_by(log.c.version))
    return [Change(**row._mapping) for row in rows]
