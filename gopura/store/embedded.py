"""SQLite inside the process.

A statement runs where it is asked for: that takes microseconds, less than handing it to a thread and back. What waits
for the disk (a commit) or for another process that writes, and what is long, goes to a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, ParamSpec, TypeVar

import orjson
import sqlalchemy as sa
from sqlalchemy.pool import StaticPool

from gopura.store.location import Location

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Result = TypeVar("Result")
P = ParamSpec("P")

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_FLEETING = ("synchronous=OFF",)
_PATIENCE_MS = 30_000
_MANY = 100


class Embedded:
    """The connections to one file, or to one database in memory: many readers, one writer."""

    def __init__(self, location: Location) -> None:
        if location.kind == "memory":
            self._readers = self._writers = _engine(location, "BEGIN", 0, poolclass=StaticPool)
        else:
            # A reader that finds no connection in the pool opens one: waiting for it would stop the event loop.
            self._readers = _engine(location, "BEGIN", _PATIENCE_MS, pool_size=4, max_overflow=-1)
            self._writers = _engine(location, "BEGIN IMMEDIATE", 0, pool_size=1, max_overflow=0)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[EmbeddedConnection]:
        """A connection that sees one committed state."""
        with self._readers.connect() as connection, connection.begin():
            yield EmbeddedConnection(connection)

    @asynccontextmanager
    async def write(self, patiently: bool = False) -> AsyncIterator[EmbeddedConnection]:
        """The writer's connection; committed at the end, rolled back when the body raises."""
        with self._writers.connect() as connection:
            try:
                connection.begin()
            except sa.exc.OperationalError:
                await _aside(partial(_begin_patiently, connection))
            yield EmbeddedConnection(connection)
            await _committed(connection)

    async def close(self) -> None:
        """Close every connection."""
        self._readers.dispose()
        self._writers.dispose()


class EmbeddedConnection:
    """A connection whose statements run at once."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> sa.Dialect:
        """SQLite's."""
        return self._connection.dialect

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        """Run a statement, or the same one for each of several parameter sets."""
        run = self._connection.execute
        if isinstance(parameters, list) and len(parameters) > _MANY:
            return await _aside(partial(run, statement, parameters))
        return run(statement, parameters)

    async def scalar(self, statement: sa.Executable, parameters: Parameters = None) -> Any:
        """The first column of the first row; None without rows."""
        return self._connection.execute(statement, parameters).scalar()

    async def scalars(self, statement: sa.Executable, parameters: Parameters = None) -> sa.ScalarResult[Any]:
        """The first column of every row."""
        return self._connection.execute(statement, parameters).scalars()

    async def run_sync(
        self, work: Callable[Concatenate[sa.Connection, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Do something long in a thread."""
        return await _aside(partial(work, self._connection, *args, **kwargs))


async def _aside(work: Callable[[], Result]) -> Result:
    """Work in a thread, to its end even when it is not waited for: a connection serves one thread at a time."""
    working = asyncio.get_running_loop().run_in_executor(
        None, work
    )  # no task: the end of the loop cancels none
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        working.exception()  # nobody waits for it any more
        raise


async def _committed(connection: sa.Connection) -> None:
    """Commit; whoever is cancelled meanwhile learns that it was done, and is cancelled where it waits next."""
    try:
        await _aside(connection.commit)
    except asyncio.CancelledError:
        if connection.in_transaction():
            raise
        task = asyncio.current_task()
        assert task is not None, "a coroutine that is cancelled belongs to a task"
        task.cancel()


def _begin_patiently(connection: sa.Connection) -> None:
    """Begin once another process that writes has ended, if that does not take too long."""
    driver: Any = connection.connection.driver_connection
    driver.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
    try:
        connection.begin()
    finally:
        driver.execute("PRAGMA busy_timeout=0")


def _engine(location: Location, begin: str, patience: int, **options: Any) -> sa.Engine:
    engine = sa.create_engine(
        location.url,
        connect_args={"check_same_thread": False, **location.connect},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        **options,
    )

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions on its own: it knows nothing of BEGIN IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *(() if location.lasting else _FLEETING), f"busy_timeout={patience}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def start(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine
