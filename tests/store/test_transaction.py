"""What a transaction does, refuses, and takes with it."""

from typing import Any

import pytest

from gopura.store import Store
from gopura.store.errors import EntityError
from tests.store.rows import everything, key, numbered, route, row, service


async def fill(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.insert("services", service(1, name="one", tags=["x", "y"]))
        await tx.insert("services", service(2, name="two"))
        await tx.insert("routes", route(11, 1, name="r"))
        await tx.insert("consumers", row("consumers", id=numbered(21), username="bob"))
        await tx.insert("keyauth_credentials", key(31, 21, key="k"))
        await tx.insert("acls", row("acls", id=numbered(41), group="g", consumer={"id": numbered(21)}))


REFUSALS: list[tuple[str, str, dict[str, Any], int, str]] = [
    (
        "insert",
        "services",
        service(1, name="new"),
        3,
        f"primary key violation on key '{{id=\"{numbered(1)}\"}}'",
    ),
    ("insert", "services", service(9, name="one"), 5, "UNIQUE violation detected on '{name=\"one\"}'"),
    (
        "insert",
        "routes",
        route(9, 77),
        4,
        f"the foreign key '{{id=\"{numbered(77)}\"}}' does not reference an existing 'services' entity.",
    ),
    (
        "update",
        "services",
        service(9),
        6,
        f"could not find the entity with primary key '{{id=\"{numbered(9)}\"}}'",
    ),
    ("update", "services", service(2, name="one"), 5, "UNIQUE violation detected on '{name=\"one\"}'"),
    ("upsert", "services", service(2, name="one"), 5, "UNIQUE violation detected on '{name=\"one\"}'"),
    (
        "insert",
        "acls",
        row("acls", group="g", consumer={"id": numbered(21)}),
        5,
        f'UNIQUE violation detected on \'{{consumer={{id="{numbered(21)}"}},group="g"}}\'',
    ),
]


@pytest.mark.parametrize(("method", "entity", "value", "code", "message"), REFUSALS)
async def test_refusals(
    store: Store, method: str, entity: str, value: dict[str, Any], code: int, message: str
) -> None:
    await fill(store)
    before = await everything(store)
    with pytest.raises(EntityError) as refused:
        async with store.transaction() as tx:
            await getattr(tx, method)(entity, value)
    assert (refused.value.code, refused.value.message) == (code, message)
    assert await everything(store) == before


async def test_a_referenced_entity_stays(store: Store) -> None:
    await fill(store)
    with pytest.raises(EntityError) as refused:
        async with store.transaction() as tx:
            await tx.delete("services", numbered(1))
    assert refused.value.body() == {
        "code": 4,
        "name": "foreign key violation",
        "message": "an existing 'routes' entity references this 'services' entity",
        "fields": {"@referenced_by": "routes"},
    }


async def test_deleting_takes_dependents_along(store: Store) -> None:
    await fill(store)
    start = await store.version()
    async with store.transaction(actor="me", request_id="r") as tx:
        assert await tx.delete("consumers", numbered(21)) is not None
        assert await tx.delete("consumers", numbered(21)) is None
    changes = await store.changes(start)
    assert {(change.entity, change.id) for change in changes} == {
        ("consumers", numbered(21)),
        ("keyauth_credentials", numbered(31)),
        ("acls", numbered(41)),
    }
    assert changes[-1].entity == "consumers"
    assert all(change.before and change.after is None and change.actor == "me" for change in changes)
    assert await store.get("keyauth_credentials", numbered(31)) is None


async def test_versions_have_no_gap(store: Store) -> None:
    announced: list[int] = []
    end = store.subscribe(announced.append)
    await fill(store)
    end()
    async with store.transaction() as tx:
        await tx.insert("services", service(3))
        await tx.update("services", service(3, name="later"))
    assert tx.version == 7
    assert announced == [6]
    versions = [change.version for change in await store.changes(0)]
    assert versions == list(range(1, 8))
    last = (await store.changes(6))[0]
    assert last.before is None
    assert last.after is not None
    assert last.after["name"] == "later"


async def test_nothing_is_kept_of_a_failed_transaction(store: Store) -> None:
    with pytest.raises(RuntimeError):
        async with store.transaction() as tx:
            await tx.insert("services", service(1))
            raise RuntimeError
    assert await everything(store) == (
        0,
        {name: [] for name in store.tables.layouts} | await _workspaces(store),
    )


async def _workspaces(store: Store) -> dict[str, Any]:
    async with store.reading() as reader:
        return {"workspaces": await reader.all("workspaces")}


async def test_an_entity_that_came_and_went_leaves_no_change(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.insert("services", service(1))
        await tx.delete("services", numbered(1))
    assert (tx.version, await store.changes(0)) == (0, [])
