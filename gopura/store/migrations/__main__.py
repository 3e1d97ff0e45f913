"""Write the next step from what the entities have beyond it: `python -m gopura.store.migrations TITLE`."""

import asyncio
import sys

import sqlalchemy as sa
from alembic import command

from gopura.store import location, migrate
from gopura.store.database import Database
from gopura.store.tables import described


async def write(title: str) -> None:
    """Bring an empty database up to date, compare it with the tables, and write down the difference."""
    metadata = described().metadata
    database = Database(location.memory())
    async with database.write() as connection:
        await connection.run_sync(_write, title, metadata)
    await database.close()


def _write(connection: sa.Connection, title: str, metadata: sa.MetaData) -> None:
    config = migrate.config(connection)
    config.attributes["metadata"] = metadata
    command.upgrade(config, "head")
    number = len(migrate.steps(connection)) + 1
    command.revision(config, title, autogenerate=True, rev_id=f"{number:04}")


asyncio.run(write(sys.argv[1]))
