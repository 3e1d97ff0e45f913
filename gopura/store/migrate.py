"""Making and changing the database's tables: what `gopura migrations ...` and the start of a node do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gopura.store.connection import Connection
from gopura.store.database import Database
from gopura.store.errors import NotBootstrapped
from gopura.store.location import Location

_VERSION_TABLE = "gopura_migrations"

_EMPTY = "the database has no tables yet: run 'gopura migrations bootstrap' first"
_PENDING = (
    "the database belongs to another release: run 'gopura migrations up' (see 'gopura migrations list')"
)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its id, what it does, and whether this database has it."""

    revision: str
    title: str
    executed: bool


async def prepare(location: Location, database: Database) -> None:
    """At the start of a node: an embedded database is brought up to date, a shared one must be already."""
    if location.kind != "postgres":
        async with database.rebuild() as connection:
            await _run(connection, command.upgrade, "head")
        return
    async with database.read() as connection:
        found = await connection.run_sync(steps)
    if not all(step.executed for step in found):
        raise NotBootstrapped(_PENDING if any(step.executed for step in found) else _EMPTY)


async def bootstrap(location: Location) -> bool:
    """Make the tables in an empty database; False when they are there already."""
    if any(step.executed for step in await status(location)):
        return False
    return await up(location)


async def up(location: Location) -> bool:
    """Run every step that is missing; False when there is none. Nodes of the release before keep working."""
    async with opened(location) as database, database.rebuild() as connection:
        if all(step.executed for step in await connection.run_sync(steps)):
            return False
        await _run(connection, command.upgrade, "head")
    return True


async def finish(location: Location) -> bool:
    """Remove what only the release before needed; False when there is nothing, as in this release."""
    await status(location)
    return False


async def status(location: Location) -> list[Migration]:
    """All steps in their order; DatabaseUnavailable when the database cannot be asked."""
    async with opened(location) as database, database.rebuild() as connection:
        return await connection.run_sync(steps)


async def needed(location: Location) -> bool:
    """Whether a step is missing."""
    return not all(step.executed for step in await status(location))


async def reset(location: Location) -> None:
    """Delete every table with all that it holds."""
    async with opened(location) as database, database.rebuild() as connection:
        await connection.run_sync(_drop_all)


class opened:  # noqa: N801 - reads as a verb where it is used
    """A database for a while."""

    def __init__(self, location: Location) -> None:
        self._database = Database(location)

    async def __aenter__(self) -> Database:
        return self._database

    async def __aexit__(self, *_: object) -> None:
        await self._database.close()


def config(connection: sa.Connection) -> Config:
    """How Alembic finds the steps and the connection."""
    found = Config(attributes={"connection": connection, "version_table": _VERSION_TABLE})
    found.set_main_option("script_location", "gopura.store:migrations")
    found.set_main_option("path_separator", "os")
    return found


async def _run(connection: Connection, action: Callable[..., Any], *arguments: str) -> None:
    await connection.run_sync(lambda sync: action(config(sync), *arguments))


def steps(connection: sa.Connection) -> list[Migration]:
    """All steps in their order."""
    script = ScriptDirectory.from_config(config(connection))
    context = MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE})
    heads = context.get_current_heads()
    executed = {step.revision for step in script.iterate_revisions(heads, "base")} if heads else set()
    found = [
        Migration(step.revision, step.doc, step.revision in executed) for step in script.walk_revisions()
    ]
    return found[::-1]


def _drop_all(connection: sa.Connection) -> None:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)
