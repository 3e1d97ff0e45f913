"""The vaults of the present configuration, and which plugins depend on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gopura.schema import Shape
from gopura.vaults.resolver import Resolver

_MARK = b"{vault://"
_VAULTS = b'"vaults"'


class Secrets:
    """Resolves references in configurations; `heard` keeps it up to date with what the link carries."""

    def __init__(self, env_prefix: str = "") -> None:
        self._defaults = {"env": {"prefix": env_prefix}} if env_prefix else {}
        self._rows: dict[str, Mapping[str, Any]] = {}
        self._resolver = Resolver((), self._defaults)

    @staticmethod
    def concern(entity: bytes) -> bool:
        """Whether an entity has references at all."""
        return _MARK in entity

    def heard(self, message: bytes) -> bool:
        """Take up the vaults of a snapshot or delta; whether any of them is different now."""
        if _VAULTS not in message:
            return False
        before, content = dict(self._rows), orjson.loads(message)
        if content["type"] == "snapshot":
            self._rows = {row["id"]: row for row in content["entities"].get("vaults", ())}
        else:
            self._follow(content["changes"])
        self._resolver = Resolver(self._rows.values(), self._defaults)
        return before != self._rows

    def _follow(self, changes: list[dict[str, Any]]) -> None:
        for change in changes:
            if change["entity"] == "vaults":
                self._rows.pop(change["id"], None)
                if change["value"] is not None:
                    self._rows[change["id"]] = change["value"]

    def resolved(self, shape: Shape, config: Mapping[str, Any]) -> dict[str, Any]:
        """A configuration with secrets in the place of references."""
        return self._resolver.resolved(shape, config)
