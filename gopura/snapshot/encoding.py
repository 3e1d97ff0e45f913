"""Entities as bytes: encoded once, hashed as sent, and spliced into messages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson


def encode(value: Mapping[str, Any]) -> bytes:
    """An entity's JSON, always the same for the same entity."""
    # orjson leaves kilobytes of unused buffer behind the text of each entity: what is kept is a copy.
    return bytes(memoryview(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)))


def digest(entity: str, key: str, encoded: bytes) -> int:
    """What one entity adds (by XOR) to the hash of a snapshot: 256 bits."""
    return int.from_bytes(hashlib.sha256(f"{entity}\0{key}\0".encode() + encoded).digest())


def hexadecimal(total: int) -> str:
    """A snapshot's hash in 64 hexadecimal digits."""
    return f"{total:064x}"


def full_message(version: int, total: int, entities: Mapping[str, Mapping[str, bytes]]) -> bytes:
    """The message that carries a whole snapshot."""
    head = b'{"type":"snapshot","version":%d,"hash":"%b","entities":{' % (
        version,
        hexadecimal(total).encode(),
    )
    groups = (
        b'"%b":[%b]' % (name.encode(), b",".join(rows.values())) for name, rows in entities.items() if rows
    )
    return head + b",".join(groups) + b"}}"


def delta_message(
    start: int, version: int, total: int, changes: Iterable[tuple[str, str, bytes | None]]
) -> bytes:
    """The message that carries the last state of everything that changed between two versions."""
    head = b'{"type":"delta","from":%d,"version":%d,"hash":"%b","changes":[' % (
        start,
        version,
        hexadecimal(total).encode(),
    )
    return head + b",".join(_change(*change) for change in changes) + b"]}"


def _change(entity: str, key: str, encoded: bytes | None) -> bytes:
    return b'{"entity":"%b","id":%b,"value":%b}' % (entity.encode(), orjson.dumps(key), encoded or b"null")
