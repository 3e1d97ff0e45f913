"""Several nodes on one PostgreSQL database."""

import asyncio
from pathlib import Path

from gopura.settings import Settings
from gopura.store import Store, migrate
from gopura.store.location import from_settings
from tests.servers.postgres import Database
from tests.store.rows import service


async def test_nodes_follow_each_other(postgres_database: Database, tmp_path: Path) -> None:
    overrides = {"prefix": str(tmp_path), **postgres_database.settings}
    location = from_settings(Settings.load(None, {}, overrides))
    await migrate.bootstrap(location)
    async with Store.at(location) as here, Store.at(location) as there:
        heard: asyncio.Queue[int] = asyncio.Queue()
        there.subscribe(heard.put_nowait)
        async with here.transaction() as tx:
            await tx.insert("services", service(1))
        assert await asyncio.wait_for(heard.get(), 10) == 1
        assert [change.id for change in await there.changes(0)] == [service(1)["id"]]


async def test_versions_of_many_writers_have_no_gap(postgres_database: Database, tmp_path: Path) -> None:
    overrides = {"prefix": str(tmp_path), **postgres_database.settings}
    location = from_settings(Settings.load(None, {}, overrides))
    await migrate.bootstrap(location)

    async def write(store: Store, number: int) -> int:
        async with store.transaction() as tx:
            await tx.insert("services", service(number))
        return tx.version

    async with Store.at(location) as here, Store.at(location) as there:
        versions = await asyncio.gather(*(write((here, there)[n % 2], n) for n in range(1, 41)))
        assert sorted(versions) == list(range(1, 41))
        assert [change.version for change in await here.changes(0)] == list(range(1, 41))
