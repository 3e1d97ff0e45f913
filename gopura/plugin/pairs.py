"""Pairs in configurations: `name:value`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any


def pairs(entries: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Each entry's name and value; further colons right after the name belong to neither."""
    for entry in entries:
        name, _, value = entry.partition(":")
        yield name, value.lstrip(":") or None


def appended(known: Any, value: Any) -> Any:
    """Kong's way to add a value to one that is there: strings become lists."""
    if isinstance(known, list):
        return [*known, value]
    return [known, value] if isinstance(known, str) else [value]
