"""Connections to the database: many readers, one writer at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import sqlalchemy as sa

from gopura.store.connection import Connection
from gopura.store.embedded import Embedded
from gopura.store.errors import DatabaseSilent, DatabaseUnavailable, reason
from gopura.store.location import Location
from gopura.store.shared import Shared

_LOST = (sa.exc.InterfaceError, sa.exc.OperationalError)


class Database:
    """The connections of one process to one database."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._writing = asyncio.Lock()
        self._silences = 0
        self._silence: DatabaseSilent | None = None
        self._connections = Shared(location) if self.shared else Embedded(location)

    @property
    def shared(self) -> bool:
        """Whether other nodes may write to this database too."""
        return self.location.kind == "postgres"

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection that sees one committed state."""
        if self.location.kind == "memory":
            # There is one connection only: a reader must not see what a writer has not committed.
            async with self._writing, self._connections.read() as connection:
                yield connection
            return
        with _lost_noticed():
            async with self._connections.read() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Connection]:
        """The connection of the only writer; committed at the end, rolled back when the body raises."""
        with _lost_noticed():
            async with self._turn(), self._connections.write() as connection:
                yield connection

    @asynccontextmanager
    async def rebuild(self) -> AsyncIterator[Connection]:
        """Like `write`, for changes of tables: however long they take."""
        with _lost_noticed():
            async with self._turn(), self._connections.write(patiently=True) as connection:
                yield connection

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Queue behind this process's writers; who stands behind one that got no answer has waited long enough too."""
        silences = self._silences
        async with self._writing:
            if self._silence is not None and self._silences > silences:
                raise self._silence
            try:
                yield
            except DatabaseSilent as error:
                self._silences, self._silence = self._silences + 1, error
                raise

    async def close(self) -> None:
        """Close every connection."""
        await self._connections.close()


@contextmanager
def _lost_noticed() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated or isinstance(error, _LOST):
            raise DatabaseUnavailable(f"the connection to the database was lost: {reason(error)}") from error
        raise
