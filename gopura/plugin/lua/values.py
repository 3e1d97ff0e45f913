"""Values between Python and Lua, where texts are bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gopura.plugin.lua.machine import Machine


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


@dataclass(frozen=True)
class Json:
    """A value that came as JSON: what is null in it is not nothing."""

    value: Any


def bytes_of(text: str) -> bytes:
    """A text as Lua takes it."""
    return text.encode("utf-8", "surrogateescape")


def text_of(data: bytes) -> str:
    """What Lua has as a text."""
    return data.decode("utf-8", "surrogateescape")
