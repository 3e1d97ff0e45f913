"""Connections to the database: many readers, one writer at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import StaticPool

from gopura.store.errors import DatabaseUnavailable
from gopura.store.location import Location

# All writers of a cluster queue at this lock, so that the change log's versions grow without a gap.
WRITE_LOCK = 0x676F707572

_LOST = (sa.exc.InterfaceError, sa.exc.OperationalError)
_CONNECT_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    sa.exc.SQLAlchemyError,
)

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")


class Database:
    """The connections of one process to one database."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._writing = asyncio.Lock()
        if location.kind == "postgres":
            self._writers = _engine(location, pool_size=10, max_overflow=10)
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._readers = self._writers.execution_options(**options)
        elif location.kind == "memory":
            self._readers = self._writers = _sqlite(location, "BEGIN", poolclass=StaticPool)
        else:
            self._readers = _sqlite(location, "BEGIN", pool_size=4, max_overflow=0)
            self._writers = _sqlite(location, "BEGIN IMMEDIATE", pool_size=1, max_overflow=0)

    @property
    def shared(self) -> bool:
        """Whether other nodes may write to this database too."""
        return self.location.kind == "postgres"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection that sees one committed state."""
        if self.location.kind == "memory":
            # There is one connection only: a reader must not see what a writer has not committed.
            async with self._writing, _begin(self._readers) as connection:
                yield connection
            return
        async with _begin(self._readers) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """The connection of the only writer; committed at the end, rolled back when the body raises."""
        async with self._writing, _begin(self._writers) as connection:
            if self.shared:
                await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(WRITE_LOCK)))
            yield connection

    async def close(self) -> None:
        """Close every connection."""
        await self._readers.dispose()
        if self._writers is not self._readers:
            await self._writers.dispose()


@asynccontextmanager
async def _begin(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    connection = engine.connect()
    try:
        await connection.start()
    except _CONNECT_ERRORS as error:
        raise DatabaseUnavailable(f"the database is not reachable: {_reason(error)}") from error
    try:
        async with connection.begin():
            yield connection
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated or isinstance(error, _LOST):
            raise DatabaseUnavailable(f"the connection to the database was lost: {_reason(error)}") from error
        raise
    finally:
        await connection.close()


def _reason(error: BaseException) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).partition("\n")[0] or type(cause).__name__


def _engine(location: Location, **options: Any) -> AsyncEngine:
    # Replaces connections that died with a server that has come back since.
    return create_async_engine(
        location.url,
        connect_args=location.connect,
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        pool_pre_ping=location.kind == "postgres",
        **options,
    )


def _sqlite(location: Location, begin: str, **options: Any) -> AsyncEngine:
    engine = _engine(location, **options)

    @sa.event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions on its own: it knows nothing of BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine.sync_engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
