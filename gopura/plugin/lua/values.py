"""Values between Python and Lua, where texts are bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gopura.plugin.lua.machine import Machine

_DEPTH = 100


class CodeError(ValueError):
    """Code that cannot be compiled, failed, was stopped or may not run; the text is one line."""


class AnyCase(dict[str, Any]):
    """Values by names in lower case, to be found in any case; `_` may stand for `-`."""


class Scope:
    """What expressions can name; each value is read, and given to Lua, once, when one does."""

    def __init__(self, loaders: Mapping[str, Callable[[], Any]]) -> None:
        self._loaders = loaders
        self.names = tuple(loaders)
        self._loaded: dict[str, Any] = {}
        self._given: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = self._loaders[name]()
        return self._loaded[name]

    def given(self, name: str, machine: Machine) -> Any:
        """The value as Lua has it."""
        if name not in self._given:
            self._given[name] = machine.given(self[name])
        return self._given[name]


def plain(value: Any, depth: int = 0) -> Any:
    """What Lua gave, as JSON has it; CodeError for what JSON has not."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, bytes):
        return text_of(value)
    if depth == _DEPTH or not hasattr(value, "items"):
        raise CodeError(f"no part of JSON: {value}" if depth < _DEPTH else "tables in tables without an end")
    items = {plain(key): plain(item, depth + 1) for key, item in value.items()}
    ordered = range(1, len(items) + 1)
    return [items[at] for at in ordered] if items and all(at in items for at in ordered) else items


def bytes_of(text: str) -> bytes:
    """A text as Lua takes it."""
    return text.encode("utf-8", "surrogateescape")


def text_of(data: bytes) -> str:
    """What Lua has as a text."""
    return data.decode("utf-8", "surrogateescape")
