"""The change log goes back as far as it is kept."""

import time

import pytest

from gopura.store import Store
from tests.store.rows import row, service


async def fill(store: Store) -> None:
    """Changes 1 to 3, the second one of a session."""
    async with store.transaction() as tx:
        await tx.insert("services", service(1))
        await tx.insert("sessions", row("sessions", session_id="s"))
        await tx.insert("services", service(2))


@pytest.mark.parametrize(
    ("age", "kinds", "left"),
    [
        pytest.param(60, None, [1, 2, 3], id="young"),
        pytest.param(-60, None, [3], id="all but the newest"),
        pytest.param(-60, {"sessions", "tags"}, [1, 3], id="some kinds"),
    ],
)
async def test_what_is_left(store: Store, age: float, kinds: set[str] | None, left: list[int]) -> None:
    await fill(store)
    assert await store.prune(time.time() - age, kinds) == 3 - len(left)
    async with store.reading() as reader:
        assert list(await reader.connection.scalars(store.tables.log.select().order_by("version"))) == left
    assert await store.version() == 3


async def test_many_go_in_several_steps(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.load("services", [service(number) for number in range(1, 2502)])
    assert await store.prune(time.time() + 60) == 2500
    async with store.transaction() as tx:
        await tx.insert("services", service(9999))
    assert tx.version == 2502
