"""Bootstrapping, and that the steps make exactly the tables that the entities describe."""

from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gopura.store import Store, migrate
from gopura.store.location import Location


async def test_the_steps_make_what_entities_describe(store: Store) -> None:
    def differences(connection: sa.Connection) -> Any:
        context = MigrationContext.configure(connection, opts={"version_table": "gopura_migrations"})
        return compare_metadata(context, store.tables.metadata)

    async with store.reading() as reader:
        assert await reader.connection.run_sync(differences) == []


async def test_a_life(location: Location) -> None:
    if location.kind == "memory":
        return
    if location.kind == "sqlite":
        assert await migrate.needed(location)
        assert await migrate.bootstrap(location)
    assert not await migrate.needed(location)
    assert not await migrate.bootstrap(location)
    assert not await migrate.up(location)
    assert not await migrate.finish(location)
    assert all(step.executed for step in await migrate.status(location))
    await migrate.reset(location)
    assert await migrate.needed(location)
    assert await migrate.up(location)


async def test_there_is_one_workspace(store: Store) -> None:
    async with store.reading() as reader:
        assert [row["name"] for row in await reader.all("workspaces")] == ["default"]
