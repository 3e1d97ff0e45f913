"""Tables of entities that plugins bring along."""

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
