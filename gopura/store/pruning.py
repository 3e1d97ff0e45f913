"""Removing old changes from the log, a few at a time, so that writers never wait long."""

from collections.abc import Collection

import sqlalchemy as sa

from gopura.store.database import Database

_AT_ONCE = 1000


async def prune(database: Database, log: sa.Table, before: float, kinds: Collection[str] | None) -> int:
    """Remove the changes before a moment, of some kinds of entities or of all; returns how many.

    The newest change always stays: its number is the version of the store.
    """
    statement, removed = _removal(log, before, kinds), 0
    while True:
        async with database.write() as connection:
            found = await connection.run_sync(_run, statement)
        if not found:
            return removed
        removed += found


def _removal(log: sa.Table, before: float, kinds: Collection[str] | None) -> sa.Delete:
    of = log.c
    if kinds is None:
        # The oldest stand first, so that the rest of the log need not be looked at.
        oldest = sa.select(of.version, of.at).order_by(of.version).limit(_AT_ONCE).subquery()
        old = sa.select(oldest.c.version).where(oldest.c.at < before)
    else:
        old = sa.select(of.version).where(of.entity.in_(kinds), of.at < before).limit(_AT_ONCE)
    newest = sa.select(sa.func.max(of.version)).scalar_subquery()
    return sa.delete(log).where(of.version.in_(old), of.version < newest)


def _run(connection: sa.Connection, statement: sa.Delete) -> int:
    return connection.execute(statement).rowcount
