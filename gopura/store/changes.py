"""The change log: one row for every entity that a transaction touched, numbered without a gap."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gopura.store.connection import Connection

Value = dict[str, Any]

Unnumbered = dict[str, Any]
"""A change without its version."""

_MOST_RECENT = 1000
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


class Log:
    """The log's table, and what is asked of it. Other nodes that share it are notified of what is appended."""

    def __init__(self, table: sa.Table, shared: bool) -> None:
        newest = sa.func.coalesce(sa.func.max(table.c.version), 0)
        self.table = table
        self._newest = sa.select(newest)
        self._append = sa.insert(table)
        self._append_next = (
            sa.insert(table)
            .values(version=sa.select(newest + 1).scalar_subquery())
            .returning(table.c.version)
        )
        self._after = (
            sa.select(table).where(table.c.version > sa.bindparam("_version")).order_by(table.c.version)
        )

    async def newest(self, connection: Connection) -> int:
        """The version of the last change; 0 before the first one."""
        return int(await connection.scalar(self._newest) or 0)

    async def after(self, connection: Connection, version: int) -> list[Change]:
        """All changes that followed `version`, in order; a transaction's changes are never split."""
        rows = await connection.execute(self._after, {"_version": version})
        return [Change(*tuple(row)) for row in rows]

    async def append(self, connection: Connection, changes: Sequence[Unnumbered]) -> list[Change]:
        """Number changes and write them down; to be called by the only writer, once in a transaction."""
        first, *others = changes
        start = int(await connection.scalar(self._append_next, first) or 0)
        numbered = [{"version": start + number, **change} for number, change in enumerate(changes)]
        if others:
            await connection.execute(self._append, numbered[1:])
        return [Change(**change) for change in numbered]


class Recent:
    """The last changes that this node made: whoever follows them need not read the log."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=_MOST_RECENT)

    def add(self, changes: Sequence[Change]) -> None:
        """Append a transaction's changes; what was before a gap is forgotten."""
        if self._changes and changes and changes[0].version != self._changes[-1].version + 1:
            self._changes.clear()
        self._changes.extend(changes)

    def between(self, version: int, newest: int) -> list[Change] | None:
        """The changes after a version up to the newest one; None when some of them are not known here."""
        known = self._changes
        if not known or known[0].version > version + 1 or known[-1].version < newest:
            return None
        return [change for change in known if change.version > version]


class Recorder:
    """Collects what one transaction does to entities, and writes it to the log before the commit."""

    def __init__(self, log: Log, actor: str | None, request_id: str | None) -> None:
        self._log = log
        self.expiring = False
        self._who = {"actor": actor, "request_id": request_id}
        self._touched: dict[tuple[str, str], tuple[Value | None, Value | None]] = {}

    def touch(self, entity: str, key: str, before: Value | None, after: Value | None) -> None:
        """Note a change; several changes of one entity in a transaction make one row."""
        first, _ = self._touched.pop((entity, key), (before, None))
        if first != after:
            self._touched[entity, key] = (first, after)
        self.expiring |= bool(after and after.get("expires_at"))

    async def write(self, connection: Connection) -> list[Change]:
        """Append the rows to the log."""
        return await self._log.append(connection, self._rows(time.time())) if self._touched else []

    def _rows(self, at: float) -> list[Unnumbered]:
        return [
            {"at": at, **self._who, "entity": entity, "id": key, "before": old, "after": new}
            for (entity, key), (old, new) in self._touched.items()
        ]
