"""The tables of entities that plugins bring along: no migration knows them, so they follow the descriptions."""

import sqlalchemy as sa

from gopura.store.connection import Connection
from gopura.store.database import Database
from gopura.store.tables import Tables


async def ensure(database: Database, tables: Tables) -> None:
    """Make the tables and columns that are missing. Nothing is ever removed."""
    names = [name for name, layout in tables.layouts.items() if layout.added]
    if names:
        async with database.write() as connection:
            await _ensure(connection, [tables.of[name] for name in names])


async def _ensure(connection: Connection, wanted: list[sa.Table]) -> None:
    await connection.run_sync(wanted[0].metadata.create_all, tables=wanted)
    for table in wanted:
        await connection.run_sync(_add_columns, table)


def _add_columns(connection: sa.Connection, table: sa.Table) -> None:
    present = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    quote = connection.dialect.identifier_preparer.quote
    for column in table.columns:
        if column.name not in present:
            kind = column.type.compile(connection.dialect)
            statement = f"ALTER TABLE {quote(table.name)} ADD COLUMN {quote(column.name)} {kind}"
            connection.exec_driver_sql(statement)
