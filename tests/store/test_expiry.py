"""Rows with a ttl."""

import asyncio

from gopura.store import Store
from gopura.store.rows import Value
from tests.store.rows import key, numbered, row


async def add(store: Store, ttl: float) -> Value:
    async with store.transaction() as tx:
        await tx.insert("consumers", row("consumers", id=numbered(21), username="bob"))
        return await tx.insert("keyauth_credentials", key(31, 21, key="k") | {"ttl": ttl})


async def test_it_counts_down(store: Store) -> None:
    assert 98 <= (await add(store, 100))["ttl"] <= 100
    found = await store.get("keyauth_credentials", numbered(31))
    assert found is not None
    assert 98 <= found["ttl"] <= 100


async def test_it_is_kept_by_changes_and_ended_by_zero(store: Store) -> None:
    await add(store, 100)
    async with store.transaction() as tx:
        assert 98 <= (await tx.update("keyauth_credentials", key(31, 21, key="l")))["ttl"] <= 100
        assert (await tx.update("keyauth_credentials", key(31, 21, key="l") | {"ttl": 0}))["ttl"] is None


async def test_rows_vanish_with_a_change(store: Store) -> None:
    gone = asyncio.Event()
    await add(store, 0.2)
    store.subscribe(lambda _version: gone.set())
    await asyncio.wait_for(gone.wait(), 10)
    assert await store.get("keyauth_credentials", numbered(31)) is None
    last = (await store.changes(2))[0]
    assert (last.entity, last.actor, last.after) == ("keyauth_credentials", "ttl", None)
    async with store.transaction() as tx:
        await tx.insert("keyauth_credentials", key(32, 21, key="k"))
