"""Counters that nodes share: exact under concurrency, forgotten after their time."""

import asyncio
import time

import pytest

from gopura.store import Store
from gopura.store import counters as module
from gopura.store.location import Location


async def test_no_more_than_the_limit_passes(location: Location) -> None:
    async with Store.at(location) as one, Store.at(location) as other:
        stores = [one] if location.kind == "memory" else [one, other]
        hits = [stores[n % len(stores)].counters.hit([("a", 7, 60), ("b", 100, 60)]) for n in range(20)]
        before = sorted(await asyncio.gather(*hits))
        assert before == [[n, n] for n in range(7)] + [[7, 7]] * 13
        assert await one.counters.look(["b", "a", "c"]) == [7, 7, 0]


async def test_adding(store: Store) -> None:
    await store.counters.add([("a", 5, 60), ("b", -1, 60)])
    await store.counters.add([("a", 5, 60)])
    assert await store.counters.look(["a", "b"]) == [10, -1]
    assert await store.counters.hit([("a", 10, 60)]) == [10]


async def test_counters_are_forgotten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.counters.add([("a", 5, 10), ("b", 5, 1000)])

    class Later:
        monotonic = staticmethod(lambda: time.monotonic() + 100)
        time = staticmethod(lambda: time.time() + 100)

    monkeypatch.setattr(module, "time", Later)
    assert await store.counters.look(["a", "b"]) == [0, 5]
    await store.counters.add([("c", 1, 10)])
    monkeypatch.undo()
    assert await store.counters.look(["a", "b"]) == [0, 5]


async def test_counting_is_no_change(store: Store) -> None:
    before = await store.version()
    await store.counters.hit([("a", 10, 60)])
    assert await store.version() == before
