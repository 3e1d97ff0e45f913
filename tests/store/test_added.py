"""Tables of entities that plugins bring along."""

from typing import Any

import pytest
import sqlalchemy as sa

from gopura.store import Store, added
from gopura.store.layout import Column, Layout
from gopura.store.location import Location
from gopura.store.migrate import opened
from gopura.store.tables import build

KEY = Column("id", "string")
FIRST = Layout("tickets", (KEY, Column("number", "integer")), added=True)
LATER = Layout("tickets", (KEY, Column("number", "integer"), Column("notes", "json")), added=True)


async def test_they_follow_their_descriptions(location: Location) -> None:
    if location.kind == "memory":
        return
    async with Store(location, [FIRST]) as store, store.transaction() as tx:
        await tx.insert("tickets", {"id": "a", "number": 1})
    async with Store(location, [LATER]) as store:
        async with store.transaction() as tx:
            await tx.insert("tickets", {"id": "b", "number": 2, "notes": ["x"]})
        assert (await store.page("tickets")).data == [
            {"id": "a", "number": 1, "notes": None},
            {"id": "b", "number": 2, "notes": ["x"]},
        ]


@pytest.mark.parametrize(
    ("column", "before", "warned"),
    [
        (Column("cnt", "integer", default=3, required=True), 3, False),
        (Column("cnt", "integer", default=3), 3, False),
        (Column("cnt", "integer"), None, False),
        (Column("cnt", "integer", required=True), None, True),
        (Column("kind", "string", default="it's", required=True), "it's", False),
        (Column("open", "boolean", default=False, required=True), False, False),
        (Column("words", "json", default=["a"], required=True), ["a"], False),
    ],
)
async def test_rows_get_the_defaults_of_later_fields(
    column: Column, before: Any, warned: bool, location: Location, caplog: pytest.LogCaptureFixture
) -> None:
    if location.kind == "memory":
        return
    layout = Layout("tickets", (KEY, column), added=True)
    async with Store(location, [Layout("tickets", (KEY,), added=True)]) as store, store.transaction() as tx:
        await tx.insert("tickets", {"id": "a"})
    async with Store(location, [layout]) as store:
        assert (await store.get("tickets", "a")) == {"id": "a", column.name: before}
    told = f"tickets.{column.name} is required and has no default"
    assert any(told in message for message in caplog.messages) is warned


async def test_null_is_replaced_where_it_is_no_value(location: Location) -> None:
    """Fields that are required only later, and rows of releases that left them null."""
    if location.kind == "memory":
        return
    for required, expected in ((False, None), (True, 3)):
        column = Column("cnt", "integer", default=3, required=required)
        async with Store(location, [Layout("tickets", (KEY, column), added=True)]) as store:
            if not required:
                async with store.transaction() as tx:
                    await tx.insert("tickets", {"id": "a", "cnt": None})
            assert (await store.get("tickets", "a")) == {"id": "a", "cnt": expected}


PLAIN = (KEY, Column("number", "integer"))
RICH = (
    KEY,
    Column("number", "integer", unique=True),
    Column("code", "string", unique=True),
    Column("owner", "foreign", reference="owners", on_delete="cascade"),
)
OWNERS = Layout("owners", (KEY,), added=True)


async def shape(location: Location, table: str) -> tuple[object, ...]:
    """What a table has beside its columns."""

    def look(connection: sa.Connection) -> tuple[object, ...]:
        seen = sa.inspect(connection)
        indexes = [(found["column_names"], bool(found["unique"])) for found in seen.get_indexes(table)]
        indexes += [(found["column_names"], True) for found in seen.get_unique_constraints(table)]
        told = connection.dialect.name == "postgresql"  # SQLite's is not read back
        keys = [
            (
                key["constrained_columns"],
                key["referred_table"],
                key["options"].get("ondelete") if told else None,
            )
            for key in seen.get_foreign_keys(table)
        ]
        return sorted({str(found) for found in indexes}), keys

    async with opened(location) as database, database.read() as connection:
        return await connection.run_sync(look)


async def test_later_columns_get_what_those_of_a_fresh_table_have(location: Location) -> None:
    if location.kind == "memory":
        return
    async with (
        Store(location, [OWNERS, Layout("old", PLAIN, added=True)]) as store,
        store.transaction() as tx,
    ):
        await tx.insert("old", {"id": "a", "number": 1})
    layouts = [OWNERS, Layout("old", RICH, ttl=True, added=True), Layout("fresh", RICH, ttl=True, added=True)]
    async with Store(location, layouts):
        assert await shape(location, "old") == await shape(location, "fresh")
    assert not await added.up(location, build(layouts))


async def test_values_that_are_there_twice_are_told(
    location: Location, caplog: pytest.LogCaptureFixture
) -> None:
    if location.kind == "memory":
        return
    async with Store(location, [Layout("old", PLAIN, added=True)]) as store, store.transaction() as tx:
        for key in "ab":
            await tx.insert("old", {"id": key, "number": 1})
    unique = [Layout("old", (KEY, Column("number", "integer", unique=True)), added=True)]
    async with Store(location, unique) as store, store.transaction() as tx:
        assert await tx.delete("old", "b")
    assert "old.number is unique, but rows that were there before share 1" in caplog.text
    assert await added.up(location, build(unique))
