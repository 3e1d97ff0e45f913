"""The vaults of the present configuration, and which plugins depend on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gopura.schema import Shape
from gopura.vaults.resolver import Resolver

_MARK = b"{vault://"


class Secrets:
    """Resolves references in configurations; `heard` keeps it up to date."""

    def __init__(self, env_prefix: str | None = None) -> None:
        self._env_prefix = env_prefix
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._resolver = Resolver((), env_prefix)

    @staticmethod
    def concern(entity: bytes) -> bool:
        """Whether an entity has references at all."""
        return _MARK in entity

    def heard(self, vaults: Iterable[bytes] | None) -> bool:
        """Take up all vaults, as JSON, or None when they did not change; whether any of them is different now."""
        if vaults is None:
            return False
        before, self._rows = self._rows, {row["id"]: row for row in map(orjson.loads, vaults)}
        self._resolver = Resolver(self._rows.values(), self._env_prefix)
        return before != self._rows

    def resolved(self, shape: Shape, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration with secrets in the place of references."""
        return self._resolver.resolved(shape, config)
