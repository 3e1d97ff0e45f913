"""Indexes that a table lacks because its columns, or what they are, came later."""

import logging
from collections.abc import Iterator

import sqlalchemy as sa

log = logging.getLogger(__name__)


def index(connection: sa.Connection, table: sa.Table) -> bool:
    """Make the indexes that a fresh table would have; False when none can be made."""
    made = False
    for column in _missing(connection, table):
        if column.unique and (twice := _twice(connection, column)) is not None:
            log.warning(
                "%s.%s is unique, but rows that were there before share %r: change them and run "
                "'gopura migrations up'; until then only new rows are held to it",
                table.name,
                column.name,
                twice,
            )
            continue
        _make(connection, table, column)
        made = True
    return made


def _missing(connection: sa.Connection, table: sa.Table) -> Iterator[sa.Column[object]]:
    inspector = sa.inspect(connection)
    plain = set[tuple[str | None, ...]]()
    unique = set[tuple[str | None, ...]]()
    unique |= {tuple(found["column_names"]) for found in inspector.get_unique_constraints(table.name)}
    for found in inspector.get_indexes(table.name):
        (unique if found["unique"] else plain).add(tuple(found["column_names"]))
    for column in table.columns:
        wanted = (column.name,)
        if (column.unique and wanted not in unique) or (column.index and wanted not in unique | plain):
            yield column


def _twice(connection: sa.Connection, column: sa.Column[object]) -> object:
    """A value that several rows have; None when there is none."""
    several = sa.select(column).where(column.is_not(None)).group_by(column).having(sa.func.count() > 1)
    return connection.scalar(several.limit(1))


def _make(connection: sa.Connection, table: sa.Table, column: sa.Column[object]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    kind, name = ("UNIQUE INDEX", "uq") if column.unique else ("INDEX", "ix")
    named = quote(f"{name}_{table.name}_{column.name}")
    connection.exec_driver_sql(f"CREATE {kind} {named} ON {quote(table.name)} ({quote(column.name)})")
