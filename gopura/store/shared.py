"""PostgreSQL, which several nodes share."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg  # type: ignore[import-untyped]
import orjson
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gopura.store.errors import DatabaseUnavailable, reason
from gopura.store.location import Location

# All writers of a cluster queue at this lock, so that the change log's versions grow without a gap.
WRITE_LOCK = 0x676F707572

_CONNECT_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sa.exc.SQLAlchemyError,
)
_FRESH_UNTIL = "fresh until"
_FRESH_SECONDS = 1.0
_TAKE_LOCK = sa.select(sa.func.pg_advisory_xact_lock(WRITE_LOCK))


class Shared:
    """The connections to one database on a server."""

    def __init__(self, location: Location) -> None:
        self._writers = create_async_engine(
            location.url,
            connect_args=location.connect,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            pool_size=10,
            max_overflow=10,
        )
        _ping_idle_connections(self._writers.sync_engine)
        self._readers = self._writers.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one committed state."""
        async with _begin(self._readers) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """The connection of the cluster's only writer; committed at the end, rolled back when the body raises."""
        async with _begin(self._writers) as connection:
            await connection.execute(_TAKE_LOCK)
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._writers.dispose()


def _ping_idle_connections(engine: sa.Engine) -> None:
    """Replace connections that died with a server that has come back since; one that was just used needs no ping."""

    @sa.event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() < record.info.get(_FRESH_UNTIL, 0.0):
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error

    @sa.event.listens_for(engine, "checkin")
    def used(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_FRESH_UNTIL] = time.monotonic() + _FRESH_SECONDS


@asynccontextmanager
async def _begin(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    try:
        await connection.start()
    except _CONNECT_ERRORS as error:
        raise DatabaseUnavailable(f"the database is not reachable: {reason(error)}") from error
    try:
        async with connection.begin():
            yield connection
    finally:
        await connection.close()
