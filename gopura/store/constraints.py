"""What a row must not break: keys that are taken, references that lead nowhere. One query asks for all of it."""

from collections.abc import Iterator
from typing import Any

from gopura.store.connection import Connection
from gopura.store.errors import EntityError, ForeignKeyViolation, PrimaryKeyViolation, UniqueViolation
from gopura.store.layout import Column, Layout
from gopura.store.rows import Value
from gopura.store.statements import Question, Statements
from gopura.store.tables import TOGETHER

Row = dict[str, Any]


async def check(
    connection: Connection, statements: Statements, layout: Layout, row: Row, value: Value, new: bool
) -> None:
    """Raise the first of what is wrong: PrimaryKey-, Unique- or ForeignKeyViolation."""
    questions = tuple(_questions(layout, row, new))
    if questions:
        query = statements.faults(layout.name, questions)
        broken = (await connection.execute(query, row)).one()
        for question, is_broken in zip(questions, broken, strict=True):
            if is_broken:
                raise _error(statements, layout, question, row, value)


def _questions(layout: Layout, row: Row, new: bool) -> Iterator[Question]:
    """In the order in which Kong's tables declare it: of what is broken, the first is named."""
    if new:
        yield Question("taken", layout.key)
    for column in layout.columns:
        if TOGETHER in row and column.name == layout.together[0]:
            yield Question("taken", TOGETHER)
        if column.unique and row[column.sql] is not None:
            yield Question("taken", column.sql)
    for column in layout.foreign:
        if row[column.sql] is not None:
            yield Question("dangling", column.sql)


def _error(statements: Statements, layout: Layout, question: Question, row: Row, value: Value) -> EntityError:
    if question.column == layout.key:
        return PrimaryKeyViolation({layout.key: row[layout.key]})
    if question.column == TOGETHER:
        return UniqueViolation({name: _shown(layout.by_name[name], row) for name in layout.together})
    column = next(column for column in layout.columns if column.sql == question.column)
    if question.problem == "taken":
        return UniqueViolation({column.name: value[column.name]})
    parent = statements.tables.layouts[column.reference]
    return ForeignKeyViolation.unknown(column.name, {parent.key: row[column.sql]}, parent.name)


def _shown(column: Column, row: Row) -> Any:
    cell = row[column.sql]
    return {"id": cell} if column.kind == "foreign" and cell is not None else cell
