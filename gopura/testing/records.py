"""Stands in for the control plane: keeps the rows that plugins write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gopura import entities, schema

Row = dict[str, Any]


class MemoryRecords:
    """Rows by entity and id; `rows` may be looked at and changed by a test."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {}
        self._counts: dict[str, int] = {}
        self.away = False
        """Whether calls fail as they do without a control plane."""
        self.on_change: Callable[[str, Row], None] = lambda _entity, _row: None

    async def answer(self, name: str, params: Mapping[str, Any]) -> Any:
        """Do what a plugin asks the control plane for."""
        if self.away:
            raise ConnectionError("the control plane is away")
        return getattr(self, f"_{name}")(**params)

    def _hit(self, counters: list[tuple[str, float, int]]) -> list[int]:
        before = [self._counts.get(name, 0) for name, _, _ in counters]
        if all(value < limit for value, (_, limit, _) in zip(before, counters, strict=True)):
            self._counts |= {name: value + 1 for value, (name, _, _) in zip(before, counters, strict=True)}
        return before

    def _look(self, names: list[str]) -> list[int]:
        return [self._counts.get(name, 0) for name in names]

    def _add(self, amounts: list[tuple[str, int, int]]) -> None:
        for name, amount, _ in amounts:
            self._counts[name] = self._counts.get(name, 0) + amount

    def _find(self, entity: str, field: str, value: str) -> Row | None:
        rows = self.rows.get(entity, {}).values()
        return next((row for row in rows if row.get(field) == value), None)

    def _insert(self, entity: str, row: Row, ttl: float | None) -> Row:
        return self._put(entity, schema.insert(entities.get(entity), row) | {"ttl": ttl})

    def _update(self, entity: str, id: str, changes: Row, ttl: float | None) -> Row | None:  # noqa: A002
        stored = self.rows.get(entity, {}).get(id)
        if stored is None:
            return None
        self.on_change(entity, stored)
        stored = {name: value for name, value in stored.items() if name != "ttl"}
        return self._put(entity, schema.update(entities.get(entity), changes, stored) | {"ttl": ttl})

    def _delete(self, entity: str, id: str) -> bool:  # noqa: A002
        row = self.rows.get(entity, {}).pop(id, None)
        if row is not None:
            self.on_change(entity, row)
        return row is not None

    def _put(self, entity: str, row: Row) -> Row:
        self.rows.setdefault(entity, {})[row["id"]] = row
        self.on_change(entity, row)
        return row
