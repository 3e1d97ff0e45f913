"""What data planes may do to the store: read and write the rows that plugins keep while they serve."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from gopura import entities, schema
from gopura.entities import LEFT_OUT
from gopura.store import Change, DatabaseUnavailable, Store

Row = dict[str, Any]
Params = dict[str, Any]
Call = Callable[..., Awaitable[Any]]

WRITABLE = frozenset({"oauth2_tokens", "oauth2_authorization_codes", "sessions", "acme_storage"})
"""What data planes may read and write; nothing of the configuration."""


class Records:
    """Answers the calls of data planes; the database has `patience` seconds for each."""

    def __init__(self, store: Store, patience: float | None = None) -> None:
        self._store, self._patience = store, patience

    async def answer(self, name: str, params: Params) -> Any:
        """Do what a data plane asks for.

        LookupError for what it may not ask, ConnectionError or TimeoutError while the database is away.
        """
        try:
            async with asyncio.timeout(self._patience):
                return await self._answer(name, params)
        except DatabaseUnavailable as error:
            raise ConnectionError(str(error)) from error
        except TimeoutError as error:
            raise TimeoutError("the database does not answer in time") from error

    async def _answer(self, name: str, params: Params) -> Any:
        if name in ("hit", "look", "add"):
            return await self._count(name, params)
        calls: dict[str, Call] = {
            "find": self._find,
            "insert": self._insert,
            "update": self._update,
            "delete": self._delete,
        }
        if name not in calls or params["entity"] not in WRITABLE:
            raise LookupError(f"a data plane may not {name} {params.get('entity')}")
        return await calls[name](**params)

    async def _count(self, name: str, params: Params) -> list[int] | None:
        counters = self._store.counters
        if name == "hit":
            return await counters.hit([tuple(counter) for counter in params["counters"]])
        if name == "look":
            return await counters.look(params["names"])
        await counters.add([tuple(amount) for amount in params["amounts"]])
        return None

    async def _find(self, entity: str, field: str, value: str) -> Row | None:
        if field not in entities.get(entity).fields:
            raise LookupError(f"{entity} have no {field}")
        return await self._store.get_by(entity, field, value)

    async def _insert(self, entity: str, row: Row, ttl: float | None) -> Row:
        complete = schema.insert(entities.get(entity), row)
        async with self._store.transaction(actor="data plane") as tx:
            return await tx.insert(entity, complete | _lasting(ttl))

    async def _update(self, entity: str, id: str, changes: Row, ttl: float | None) -> Row | None:  # noqa: A002
        async with self._store.transaction(actor="data plane") as tx:
            stored = await tx.get(entity, id)
            if stored is None:
                return None
            stored.pop("ttl", None)
            row = schema.update(entities.get(entity), changes, stored)
            return await tx.update(entity, row | _lasting(ttl))

    async def _delete(self, entity: str, id: str) -> bool:  # noqa: A002
        async with self._store.transaction(actor="data plane") as tx:
            return await tx.delete(entity, id) is not None


def forget(changes: Iterable[Change], tell: Callable[..., None]) -> None:
    """Have the data planes forget changed rows, all of them at once: many may have expired together."""
    rows = [
        (change.entity, row)
        for change in changes
        if change.entity in LEFT_OUT & WRITABLE
        for row in (change.before, change.after)
        if row
    ]
    if rows:
        tell("forget", rows=rows)


def _lasting(ttl: float | None) -> Row:
    return {} if ttl is None else {"ttl": ttl}
