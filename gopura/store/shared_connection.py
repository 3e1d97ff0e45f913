"""A connection to a server that may fall silent: hang, or be cut off without a sign."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gopura.store.errors import DatabaseSilent

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
Result = TypeVar("Result")
P = ParamSpec("P")

_AT_ONCE = 1000
"""Parameter sets that one answer is waited for."""


class SharedConnection:
    """A connection on which every statement is answered within `patience` seconds (None: whenever), or it is cut.

    It is cut below the driver, and not by cancelling: a driver whose statement is cancelled asks the server for leave.
    """

    def __init__(self, connection: AsyncConnection, driver: Any, patience: float | None) -> None:
        self._connection, self._driver, self._patience = connection, driver, patience
        self._silent = False

    @property
    def dialect(self) -> sa.Dialect:
        """PostgreSQL's."""
        return self._connection.dialect

    async def execute(self, statement: sa.Executable, parameters: Parameters = None) -> sa.CursorResult[Any]:
        """Run a statement, or the same one for each of several parameter sets."""
        while isinstance(parameters, Sequence) and len(parameters) > _AT_ONCE:
            with self._answered():
                await self._connection.execute(statement, parameters[:_AT_ONCE])
            parameters = parameters[_AT_ONCE:]
        with self._answered():
            return await self._connection.execute(statement, parameters)

    async def scalar(self, statement: sa.Executable, parameters: Parameters = None) -> Any:
        """The first column of the first row; None without rows."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: sa.Executable, parameters: Parameters = None) -> sa.ScalarResult[Any]:
        """The first column of every row."""
        return (await self.execute(statement, parameters)).scalars()

    async def run_sync(
        self, work: Callable[Concatenate[sa.Connection, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Do something of several statements, which may take long: each of them has the time of all."""
        with self._answered():
            return await self._connection.run_sync(work, *args, **kwargs)

    async def commit(self) -> None:
        """Make the changes last. When no answer comes it is not known whether they do."""
        with self._answered():
            await self._connection.commit()

    async def rollback(self) -> None:
        """Undo the changes."""
        with self._answered():
            await self._connection.rollback()

    @contextmanager
    def _answered(self) -> Iterator[None]:
        if self._patience is None:
            yield
            return
        timer = asyncio.get_running_loop().call_later(self._patience, self._cut)
        try:
            yield
        except sa.exc.DBAPIError as error:
            if self._silent:
                raise DatabaseSilent(self._patience) from error
            raise
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._silent = True
        self._driver.terminate()
