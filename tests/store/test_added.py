"""Tables of entities that plugins bring along."""

from typing import Any

import pytest

from gopura.store import Store
from gopura.store.layout import Column, Layout
from gopura.store.location import Location

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
