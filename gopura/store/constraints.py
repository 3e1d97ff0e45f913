"""What a row must not break: keys that are taken, references that lead nowhere. One query asks for all of it."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gopura.store.errors import EntityError, ForeignKeyViolation, PrimaryKeyViolation, UniqueViolation
from gopura.store.layout import Column, Layout
from gopura.store.rows import Value
from gopura.store.tables import TOGETHER, Tables

Row = dict[str, Any]
Question = tuple[sa.ColumnElement[bool], EntityError]


async def check(
    connection: AsyncConnection, tables: Tables, layout: Layout, row: Row, value: Value, new: bool
) -> None:
    """Raise the first of what is wrong: PrimaryKey-, Unique- or ForeignKeyViolation."""
    questions = [
        *([_primary(tables, layout, row)] if new else []),
        *_unique(tables, layout, row, value),
        *_references(tables, layout, row),
    ]
    if questions:
        query = sa.select(*(question.label(f"q{number}") for number, (question, _) in enumerate(questions)))
        broken = (await connection.execute(query)).one()
        for (_, error), is_broken in zip(questions, broken, strict=True):
            if is_broken:
                raise error


def _primary(tables: Tables, layout: Layout, row: Row) -> Question:
    key = tables.of[layout.name].c[layout.key]
    return sa.exists().where(key == row[layout.key]), PrimaryKeyViolation({layout.key: row[layout.key]})


def _unique(tables: Tables, layout: Layout, row: Row, value: Value) -> list[Question]:
    found: list[Question] = []
    if TOGETHER in row:
        columns = [layout.by_name[name] for name in layout.together]
        error = UniqueViolation({column.name: _shown(column, row) for column in columns})
        found.append((_taken(tables, layout, row, TOGETHER), error))
    for column in layout.columns:
        if column.unique and row[column.sql] is not None:
            taken = _taken(tables, layout, row, column.sql)
            found.append((taken, UniqueViolation({column.name: value[column.name]})))
    return found


def _taken(tables: Tables, layout: Layout, row: Row, column: str) -> sa.ColumnElement[bool]:
    table = tables.of[layout.name]
    return sa.exists().where(table.c[layout.key] != row[layout.key], table.c[column] == row[column])


def _references(tables: Tables, layout: Layout, row: Row) -> list[Question]:
    found: list[Question] = []
    for column in layout.foreign:
        parent = tables.layouts[column.reference]
        key, wanted = tables.of[parent.name].c[parent.key], row[column.sql]
        if wanted is not None:
            error = ForeignKeyViolation.unknown(column.name, {parent.key: wanted}, parent.name)
            found.append((sa.not_(sa.exists().where(key == wanted)), error))
    return found


def _shown(column: Column, row: Row) -> Any:
    cell = row[column.sql]
    return {"id": cell} if column.kind == "foreign" and cell is not None else cell
