"""PostgreSQL, which several nodes share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import orjson
import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from gopura.store.errors import DatabaseSilent, DatabaseUnavailable, reason
from gopura.store.location import Location
from gopura.store.shared_connection import SharedConnection

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
_LOCK_NOT_AVAILABLE = "55P03"
_TAKE_LOCK = sa.select(
    sa.func.set_config("lock_timeout", sa.bindparam("milliseconds"), True),
    sa.func.pg_advisory_xact_lock(WRITE_LOCK),
)


class Shared:
    """The connections to one database on a server."""

    def __init__(self, location: Location) -> None:
        self._patience: float | None = location.connect.get("timeout")
        self._writers = create_async_engine(
            location.url,
            connect_args=location.connect,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            pool_size=10,
            max_overflow=10,
        )
        _ping_idle_connections(self._writers.sync_engine, self._patience)
        self._readers = self._writers.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SharedConnection]:
        """A connection that sees one committed state."""
        async with self._begin(self._readers, self._patience) as connection:
            yield connection

    @asynccontextmanager
    async def write(self, patiently: bool = False) -> AsyncIterator[SharedConnection]:
        """The connection of the cluster's only writer; committed at the end, rolled back when the body raises.

        With `patiently` statements take as long as they take.
        """
        patience = None if patiently else self._patience
        async with self._begin(self._writers, patience) as connection:
            while not await _takes_lock(connection, patience):
                await connection.rollback()
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._writers.dispose()

    @asynccontextmanager
    async def _begin(self, engine: AsyncEngine, patience: float | None) -> AsyncIterator[SharedConnection]:
        connection = engine.connect()
        try:
            async with asyncio.timeout(self._patience):
                await connection.start()
                driver = (await connection.get_raw_connection()).driver_connection
        except TimeoutError as error:
            raise DatabaseSilent(self._patience or 0) from error
        except _CONNECT_ERRORS as error:
            raise DatabaseUnavailable(f"the database is not reachable: {reason(error)}") from error
        shared = SharedConnection(connection, driver, patience)
        try:
            yield shared
            await shared.commit()
        except BaseException:
            with suppress(
                DatabaseUnavailable, sa.exc.DBAPIError
            ):  # the server does it when the connection is gone
                await shared.rollback()
            raise
        finally:
            await connection.close()


async def _takes_lock(connection: SharedConnection, patience: float | None) -> bool:
    """Queue for the lock; False when others have it for long: then the server has shown that it answers."""
    milliseconds = max(1, int(patience * 500)) if patience else 0
    try:
        await connection.execute(_TAKE_LOCK, {"milliseconds": str(milliseconds)})
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


def _ping_idle_connections(engine: sa.Engine, patience: float | None) -> None:
    """Replace connections that died with a server that has come back since; one that was just used needs no ping."""

    @sa.event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        if time.monotonic() < record.info.get(_FRESH_UNTIL, 0.0):
            return
        # Half of the time, so that the other half is left for a new connection.
        driver: Any = connection.driver_connection
        timer = asyncio.get_running_loop().call_later(patience / 2, driver.terminate) if patience else None
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error
        finally:
            if timer is not None:
                timer.cancel()

    @sa.event.listens_for(engine, "checkin")
    def used(_connection: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info[_FRESH_UNTIL] = time.monotonic() + _FRESH_SECONDS
