"""Rows that plugins write while they serve: tokens, codes, sessions. They live in the control plane's database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from gopura.plugin.cache import Cache
from gopura.schema.storable_text import text_problem

Row = dict[str, Any]
Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Calls the control plane: a name and parameters; raises ConnectionError or TimeoutError when it is away."""

KEPT_SECONDS = 60.0
"""How long a row is good for without asking again; the control plane tells about changes meanwhile."""
MISSED_SECONDS = 5.0
"""How long a row that does not exist is not asked for again."""
_LONGEST_KEY = 256
_MISSING = object()


class Records:
    """Rows of the entities that data planes may write. All methods raise ConnectionError without a control plane."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._cache = Cache(100_000)
        self._changes = 0

    async def find(self, entity: str, field: str, value: str) -> Row | None:
        """The row whose unique `field` has this value; kept for a while. Not to be changed."""
        if len(value) > _LONGEST_KEY or text_problem(value):
            return None
        key = f"{entity}:{field}:{value}"
        known = self._cache.get(key, _MISSING)
        return known if known is not _MISSING else await self._load(key, entity, field, value)

    async def insert(self, entity: str, row: Mapping[str, Any], ttl: float | None = None) -> Row:
        """Add a row, which is made complete and valid; it vanishes after `ttl` seconds."""
        added: Row = await self._ask("insert", {"entity": entity, "row": row, "ttl": ttl})
        self.forget(entity, added)
        return added

    async def update(
        self, entity: str, row: Row, changes: Mapping[str, Any], ttl: float | None = None
    ) -> Row | None:
        """Change fields of a row; None when it is gone."""
        params = {"entity": entity, "id": row["id"], "changes": changes, "ttl": ttl}
        updated: Row | None = await self._ask("update", params)
        self.forget(entity, row)
        return updated

    async def delete(self, entity: str, row: Row) -> bool:
        """Remove a row; of several who do so at the same time, one gets True."""
        removed = bool(await self._ask("delete", {"entity": entity, "id": row["id"]}))
        self.forget(entity, row)
        return removed

    def forget(self, entity: str, row: Mapping[str, Any]) -> None:
        """Hear that a row was added, changed or removed; from any thread."""
        self._changes += 1
        for field, value in row.items():
            if isinstance(value, str) and len(value) <= _LONGEST_KEY:
                self._cache.delete(f"{entity}:{field}:{value}")

    def forget_rows(self, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Hear that rows of these entities were added, changed or removed; from any thread."""
        for entity, row in rows:
            self.forget(entity, row)

    def forget_all(self) -> None:
        """Hear that changes may have been missed; from any thread."""
        self._changes += 1
        self._cache = Cache(100_000)

    async def _load(self, key: str, entity: str, field: str, value: str) -> Row | None:
        before = self._changes
        row: Row | None = await self._ask("find", {"entity": entity, "field": field, "value": value})
        if before == self._changes:
            self._cache.set(key, row, _good_for(row))
        return row


def _good_for(row: Row | None) -> float:
    if row is None:
        return MISSED_SECONDS
    left = row.get("ttl")
    return KEPT_SECONDS if left is None else min(KEPT_SECONDS, left)


async def nobody(name: str, params: Mapping[str, Any]) -> Any:
    """Stands in for a control plane where there is none."""
    raise ConnectionError(f"there is no control plane to {name} anything")
