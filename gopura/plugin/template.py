"""Templates in configurations: text with `$(...)` in it, as Kong's request-transformer has them.

Between the parentheses stands an expression of Lua. It sees the values that the template is rendered with, `type`,
`tostring`, `tonumber` and the methods of strings; nothing else can be reached.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

Environment = Mapping[str, Any]

_COMPILE = b"""
local names, expression = ...
local code = 'local ' .. names .. ' = ... return tostring((' .. expression .. ') or "")'
local run, why = loadstring(code, '=template')
if not run then return nil, why end
return setfenv(run, { type = type, tostring = tostring, tonumber = tonumber })
"""

_INSENSITIVE = b"""
return setmetatable(..., { __index = function(values, name)
  if type(name) ~= 'string' then return nil end
  name = name:lower()
  return rawget(values, name) or rawget(values, (name:gsub('_', '-')))
end })
"""

_lock = threading.Lock()


class TemplateError(ValueError):
    """A template that cannot be read, or whose values do not fit."""


class AnyCase(dict[str, Any]):
    """Values by names in lower case, to be found in any case; `_` may stand for `-`."""


def render(template: str, environment: Environment) -> str:
    """Put values into a template; raises TemplateError."""
    return "".join(part if isinstance(part, str) else part.value(environment) for part in compiled(template))


@lru_cache(maxsize=10_000)
def compiled(template: str) -> list[str | Expression]:
    """Split a template into texts and expressions; raises TemplateError."""
    parts: list[str | Expression] = []
    rest = template
    while (start := rest.find("$(")) >= 0:
        end = _closing(rest, start + 1)
        parts += [rest[:start], Expression(rest[start + 2 : end])]
        rest = rest[end + 1 :]
    return [*parts, rest]


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise TemplateError(f"a parenthesis is not closed in {text!r}")


class Expression:
    """One expression; compiled once for the names that it is given."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = set(re.findall(r"[A-Za-z_]\w*", text))
        self._run: tuple[list[str], Callable[..., bytes]] | None = None

    def value(self, environment: Environment) -> str:
        """Say what it comes to; nothing for nil and false."""
        lua = _lua()
        with _lock:
            names, run = self._run = self._run or self._compiled(lua, environment)
            try:
                return run(*(_given(lua, environment[name]) for name in names)).decode(
                    "utf-8", "surrogateescape"
                )
            except lua.error as error:
                raise TemplateError(f"{self._text!r}: {str(error).splitlines()[0]}") from error

    def _compiled(self, lua: Lua, environment: Environment) -> tuple[list[str], Callable[..., bytes]]:
        names = [name for name in environment if name in self._words]
        found = lua.compile(",".join(names or ["_"]).encode(), self._text.encode("utf-8", "surrogateescape"))
        if isinstance(found, tuple):
            raise TemplateError(f"{self._text!r}: {found[1].decode(errors='replace')}")
        return names, found


@dataclass(frozen=True)
class Lua:
    """The machine that runs expressions."""

    table: Callable[[Any], Any]
    compile: Callable[[bytes, bytes], Any]
    any_case: Callable[[Any], Any]
    error: type[Exception]


@lru_cache(maxsize=1)
def _lua() -> Lua:
    luajit = importlib.import_module("lupa.luajit21")
    runtime = luajit.LuaRuntime(
        encoding=None, register_eval=False, register_builtins=False, unpack_returned_tuples=True
    )
    load = runtime.globals()[b"loadstring"]
    return Lua(runtime.table_from, load(_COMPILE), load(_INSENSITIVE), luajit.LuaError)


def _given(lua: Lua, value: Any) -> Any:
    """A value as Lua takes it; what is no plain value is nil."""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape")
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        return lua.table([_given(lua, item) for item in value])
    if not isinstance(value, Mapping):
        return None
    table = lua.table({_given(lua, name): _given(lua, item) for name, item in value.items()})
    return lua.any_case(table) if isinstance(value, AnyCase) else table
