"""SQLite beside another process that writes, and work that is given up in the middle."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from gopura.store import Store
from gopura.store.errors import PrimaryKeyViolation
from gopura.store.location import sqlite
from tests.store.rows import service


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store.at(sqlite(tmp_path / "gopura.sqlite")) as opened:
        yield opened


@pytest.fixture
def other(store: Store, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another connection, as another process has one."""
    connection = sqlite3.connect(tmp_path / "gopura.sqlite", isolation_level=None)
    yield connection
    connection.close()


async def write(store: Store, number: int) -> int:
    async with store.transaction() as tx:
        await tx.insert("services", service(number))
    return tx.version


async def test_a_writer_waits_for_another_process_and_readers_do_not(
    store: Store, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(write(store, 1))
    for _ in range(20):
        assert await store.version() == 0
        await asyncio.sleep(0.001)
    assert not writing.done()
    other.execute("ROLLBACK")
    assert await writing == 1


async def test_one_that_stops_waiting_leaves_the_connection_usable(
    store: Store, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(write(store, 1))
    await asyncio.sleep(0.01)
    writing.cancel()
    await asyncio.sleep(0.01)
    other.execute("ROLLBACK")
    with contextlib.suppress(asyncio.CancelledError):
        await writing
    assert await write(store, 2) >= 1


async def test_writers_go_on_after_a_refusal(store: Store) -> None:
    await write(store, 1)
    with pytest.raises(PrimaryKeyViolation):
        await write(store, 1)
    assert await write(store, 2) == 2
