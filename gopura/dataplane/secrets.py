"""The vaults of the present configuration, and which plugins depend on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gopura.schema import Shape, is_reference
from gopura.vaults.resolver import Resolver

_MARK = b"{vault://"
_PAIRS = (("cert", "key"), ("cert_alt", "key_alt"))


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

    def certificates(self, rows: Iterable[bytes]) -> dict[str, list[tuple[str, str]]]:
        """By id the pairs of certificate and key, secrets in the place of references; without those that cannot be had,
        which are logged.
        """
        return {row["id"]: self._pairs(row) for row in map(orjson.loads, rows)}

    def _pairs(self, row: Mapping[str, Any]) -> list[tuple[str, str]]:
        given = [(row[cert], row[key]) for cert, key in _PAIRS if row.get(cert) and row.get(key)]
        found = [(self._text(cert), self._text(key)) for cert, key in given]
        return [pair for pair in found if not any(map(is_reference, pair))]

    def _text(self, text: str) -> str:
        return self._resolver.secret_or_reference(text) if is_reference(text) else text
