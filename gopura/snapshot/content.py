"""The entities of one version, encoded, with their hash."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from gopura.entities import LEFT_OUT
from gopura.snapshot.encoding import digest, encode, full_message, hexadecimal


class Content:
    """Encoded entities by kind and id. `total` is the XOR of the digests of all of them."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.total = 0
        self._entities: dict[str, dict[str, bytes]] = {}

    @property
    def hash(self) -> str:
        """The hash in hexadecimal digits."""
        return hexadecimal(self.total)

    def add(self, entity: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Set some entities of a kind."""
        if entity not in LEFT_OUT:
            for row in rows:
                self.put(entity, str(row["id"]), row)

    def put(self, entity: str, key: str, value: Mapping[str, Any] | None) -> bytes | None:
        """Set or, with None, remove an entity; return it encoded."""
        if entity in LEFT_OUT:
            return None
        rows = self._entities.setdefault(entity, {})
        if (old := rows.pop(key, None)) is not None:
            self.total ^= digest(entity, key, old)
        if value is None:
            return None
        rows[key] = encoded = encode(value)
        self.total ^= digest(entity, key, encoded)
        return encoded

    def message(self, left_out: Collection[tuple[str, str]] = ()) -> bytes:
        """The whole content as the message of the link, but for some entities, given by kind and id."""
        entities, total = dict(self._entities), self.total
        for entity, key in left_out:
            if (encoded := entities.get(entity, {}).get(key)) is not None:
                entities[entity] = {other: row for other, row in entities[entity].items() if other != key}
                total ^= digest(entity, key, encoded)
        return full_message(self.version, total, entities)
