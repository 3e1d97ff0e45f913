"""The storage `kong`: rows of the gateway's database."""

from __future__ import annotations

from gopura import entities, schema
from gopura.store import Store, Transaction
from gopura.store.errors import UniqueViolation

_KIND = "acme_storage"
_ACTOR = "acme"


class Database:
    """Shared by all nodes of a database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, name: str) -> str | None:
        """The text of a row."""
        row = await self._store.get_by(_KIND, "key", name)
        return None if row is None else str(row["value"])

    async def set(self, name: str, text: str, seconds: int | None = None) -> None:
        """Write a row."""
        async with self._store.transaction(_ACTOR) as tx:
            if row := await tx.get_by(_KIND, "key", name):
                await tx.update(_KIND, row | {"value": text, "ttl": seconds or 0})
            else:
                await _insert(tx, name, text, seconds)

    async def add(self, name: str, text: str, seconds: int | None = None) -> bool:
        """Write a row unless there is one."""
        try:
            async with self._store.transaction(_ACTOR) as tx:
                await _insert(tx, name, text, seconds)
        except UniqueViolation:
            return False
        return True

    async def delete(self, name: str) -> None:
        """Remove a row."""
        async with self._store.transaction(_ACTOR) as tx:
            if row := await tx.get_by(_KIND, "key", name):
                await tx.delete(_KIND, row["id"])

    async def names(self, prefix: str) -> list[str]:
        """The keys of rows."""
        async with self._store.reading() as reader:
            rows = await reader.all(_KIND)
        return sorted(row["key"] for row in rows if row["key"].startswith(prefix))


async def _insert(tx: Transaction, name: str, text: str, seconds: int | None) -> None:
    row = schema.insert(entities.get(_KIND), {"key": name, "value": text})
    await tx.insert(_KIND, row | {"ttl": seconds or 0})
