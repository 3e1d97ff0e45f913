"""Checks of what Lua code gives to a function, with Kong's words for what does not fit."""

from __future__ import annotations

from itertools import islice
from typing import Any

from gopura.plugin.lua.values import bytes_of


class Misuse(ValueError):  # noqa: N818 - one of the code, not of ours
    """A function was called with what it cannot take, or where it cannot be; the text is for who wrote the code."""


def text(name: str, value: Any) -> str:
    """A string; Misuse otherwise."""
    if not isinstance(value, str):
        raise Misuse(f"{name} must be a string")
    return value


def number(name: str, value: Any, low: float, high: float) -> int:
    """A number within bounds; Misuse otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Misuse(f"{name} must be a number")
    if not low <= value <= high:
        raise Misuse(f"{name} must be a number between {low:.14g} and {high:.14g}")
    return int(value)


def most(name: str, value: Any) -> int | None:
    """How many items are wanted at most, from 1 to 1000; None for all."""
    return None if value is None else number(name, value, 1, 1000)


def table(name: str, value: Any) -> dict[str, Any]:
    """A table by names; Misuse otherwise."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise Misuse(f"{name} must be a table")
    return value


def header(name: Any, value: Any) -> tuple[str, str]:
    """A header's name and one value."""
    if not isinstance(name, str):
        raise Misuse(f'invalid header name "{name}": got {lua_type(name)}, expected string')
    if not isinstance(value, str | bool | int | float):
        kind = lua_type(value)
        raise Misuse(f'invalid header value for "{name}": got {kind}, expected string, number or boolean')
    return name, shown(value)


def headers(values: Any) -> dict[str, str | list[str]]:
    """Headers by name, each with a value or several."""
    if not isinstance(values, dict):
        raise Misuse("headers must be a table")
    return {str(name): _header_values(name, value) for name, value in values.items()}


def _header_values(name: Any, value: Any) -> str | list[str]:
    if not isinstance(value, list):
        return header(name, value)[1]
    for item in value:
        if not isinstance(item, str):
            raise Misuse(f'invalid header value in array "{name}": got {lua_type(item)}, expected string')
    return [header(name, item)[1] for item in value]


def lua_type(value: Any) -> str:
    """What Lua calls the type of a value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "nil" if value is None else "number" if isinstance(value, int | float) else "table"


def shown(value: Any) -> str:
    """A value as Lua's `tostring` has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.14g}" if isinstance(value, int | float) else str(value)


def first(values: dict[str, Any], count: int | None) -> dict[str, Any]:
    """The first so many."""
    return values if count is None else dict(islice(values.items(), count))


def data(value: Any) -> bytes:
    """The bytes of a string or number."""
    return bytes_of(value if isinstance(value, str) else shown(value))
