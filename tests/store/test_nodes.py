"""Several nodes on one PostgreSQL database."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gopura.settings import Settings
from gopura.snapshot import Builder
from gopura.store import Store, migrate
from gopura.store.location import from_settings
from tests.servers.postgres import Database
from tests.store.rows import service


@pytest.fixture
async def nodes(postgres_database: Database, tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on an empty database."""
    overrides = {"prefix": str(tmp_path), **postgres_database.settings}
    location = from_settings(Settings.load(None, {}, overrides))
    await migrate.bootstrap(location)
    async with Store.at(location) as here, Store.at(location) as there:
        yield here, there


async def test_nodes_follow_each_other(nodes: tuple[Store, Store]) -> None:
    here, there = nodes
    heard: asyncio.Queue[int] = asyncio.Queue()
    there.subscribe(heard.put_nowait)
    async with here.transaction() as tx:
        await tx.insert("services", service(1))
    assert await asyncio.wait_for(heard.get(), 10) == 1
    assert [change.id for change in await there.changes(0)] == [service(1)["id"]]


async def test_versions_of_many_writers_have_no_gap(nodes: tuple[Store, Store]) -> None:
    async def write(store: Store, number: int) -> int:
        async with store.transaction() as tx:
            await tx.insert("services", service(number))
        return tx.version

    here, there = nodes
    versions = await asyncio.gather(*(write((here, there)[n % 2], n) for n in range(1, 41)))
    assert sorted(versions) == list(range(1, 41))
    assert [change.version for change in await here.changes(0)] == list(range(1, 41))


async def test_a_node_that_is_older_than_the_log_reads_everything(nodes: tuple[Store, Store]) -> None:
    here, there = nodes
    late = Builder(there, 100)
    await late.load()
    for number in (1, 2, 3):
        async with here.transaction() as tx:
            await tx.insert("services", service(number))
    assert await here.prune(time.time() + 60) == 2
    caught_up = asyncio.Event()
    late.on_change = caught_up.set
    async with asyncio.TaskGroup() as following:
        task = following.create_task(late.follow())
        await asyncio.wait_for(caught_up.wait(), 10)
        task.cancel()
    assert late.followed == 3
    services = json.loads(late.message(0))["entities"]["services"]
    assert {each["id"] for each in services} == {service(number)["id"] for number in (1, 2, 3)}
