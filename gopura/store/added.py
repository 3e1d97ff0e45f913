"""The tables of entities that plugins bring along: no migration knows them, so they follow the descriptions."""

import logging
from collections.abc import Iterator

import sqlalchemy as sa

from gopura.store.database import Database
from gopura.store.indexes import index
from gopura.store.layout import Column, Layout
from gopura.store.location import Location
from gopura.store.migrate import Migration, opened
from gopura.store.tables import Tables

log = logging.getLogger(__name__)

_TITLE = "table of an entity that a plugin brings along"


async def ensure(database: Database, tables: Tables) -> bool:
    """Make the tables, columns and indexes that are missing; False when none is. Nothing is ever removed.

    Rows that hold null where their field has a default and takes no null get the default.
    """
    if not _added(tables):
        return False
    async with database.rebuild() as connection:
        return await connection.run_sync(_ensure, tables)


async def up(location: Location, tables: Tables) -> bool:
    """The same for a database that is not open."""
    async with opened(location) as database:
        return await ensure(database, tables)


async def status(location: Location, tables: Tables) -> list[Migration]:
    """One step for each entity of a plugin: whether its table and all columns of it are there."""
    if not _added(tables):
        return []
    async with opened(location) as database, database.rebuild() as connection:
        there = await connection.run_sync(_columns_there, tables)
    return [
        Migration(name, _TITLE, {column.name for column in tables.of[name].columns} <= columns)
        for name, columns in there.items()
    ]


def _added(tables: Tables) -> list[Layout]:
    return [layout for layout in tables.layouts.values() if layout.added]


def _columns_there(connection: sa.Connection, tables: Tables) -> dict[str, set[str]]:
    inspector = sa.inspect(connection)
    names = [layout.name for layout in _added(tables)]
    return {
        name: {column["name"] for column in inspector.get_columns(name)}
        if inspector.has_table(name)
        else set()
        for name in names
    }


def _ensure(connection: sa.Connection, tables: Tables) -> bool:
    there = _columns_there(connection, tables)
    new = [tables.of[name] for name, columns in there.items() if not columns]
    tables.metadata.create_all(connection, tables=new)
    changed = bool(new)
    for layout in _added(tables):
        if columns := there[layout.name]:
            table = tables.of[layout.name]
            fresh = [column for column in table.columns if column.name not in columns]
            _add_columns(connection, table, fresh)
            _fill(connection, layout, table, {column.name for column in fresh})
            indexed = index(connection, table)
            changed = changed or bool(fresh) or indexed
    return changed


def _add_columns(connection: sa.Connection, table: sa.Table, fresh: list[sa.Column[object]]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    for column in fresh:
        kind = column.type.compile(connection.dialect)
        statement = f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}"
        for key in column.foreign_keys:
            parent = key.column
            statement += (
                f" REFERENCES {quote(parent.table.name)} ({quote(parent.name)}) ON DELETE {key.ondelete}"
            )
        connection.exec_driver_sql(statement)


def _fill(connection: sa.Connection, layout: Layout, table: sa.Table, fresh: set[str]) -> None:
    """Put defaults into the rows that were there before."""
    for column in layout.columns:
        cell = table.c[column.sql]
        if column.default is not None and (column.required or column.sql in fresh):
            connection.execute(sa.update(table).where(cell.is_(None)).values({cell: column.default}))
    for column in _wanting(layout, fresh):
        if connection.scalar(sa.select(table.c[layout.key]).limit(1)) is not None:
            log.warning(
                "%s.%s is required and has no default: rows that were there before hold null, "
                "and whoever changes one must give it",
                layout.name,
                column.name,
            )


def _wanting(layout: Layout, fresh: set[str]) -> Iterator[Column]:
    """The new columns that cannot be filled."""
    return (
        column
        for column in layout.columns
        if column.sql in fresh and column.required and column.default is None
    )
