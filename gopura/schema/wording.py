"""The words of the validation messages, which clients match on, and Lua's way of writing values into them."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

REQUIRED = "required field missing"
UNKNOWN = "unknown field"
IMMUTABLE = "immutable field cannot be updated"
MISSING_KEY = "missing primary key"
REQUIRED_FOR_CHECK = "field required for entity check"
ABSTRACT = "error in schema definition: abstract field was not specialized"

KINDS = {
    "array": "expected an array",
    "set": "expected a set",
    "map": "expected a map",
    "record": "expected a record",
    "string": "expected a string",
    "number": "expected a number",
    "integer": "expected an integer",
    "boolean": "expected a boolean",
}

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*\Z")


def text(value: Any) -> str:
    """A scalar as messages show it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.14g}"
    return str(value)


def listed(values: Iterable[Any]) -> str:
    """`a, b, c`."""
    return ", ".join(text(value) for value in values)


def quoted(words: Iterable[Any]) -> str:
    """`'a', 'b'`, or `('a', 'b'), ('c')` for a list of lists."""
    return ", ".join(f"'{word}'" if isinstance(word, str) else f"({quoted(word)})" for word in words)


def written(value: Any, indent: str = "") -> str:
    """A nested value inside a message: a plain string as it is, a table in Lua's notation."""
    if isinstance(value, str):
        return value
    return _table(value, indent)


def _table(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if not isinstance(value, dict | list):
        return text(value)
    deeper = indent + "  "
    rows = [key + _table(item, deeper) for key, item in _entries(value)]
    return "{\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}}}"


def _entries(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    """The entries, each with what stands before its value; entries after a gap in a list are numbered."""
    if isinstance(value, dict):
        yield from ((f"{_key(key)} = ", value[key]) for key in sorted(value))
        return
    gap = next((index for index, item in enumerate(value) if item is None), len(value))
    yield from (("", item) for item in value[:gap])
    yield from ((f"[{n}] = ", item) for n, item in enumerate(value[gap:], gap + 1) if item is not None)


def _key(key: str) -> str:
    return key if _IDENTIFIER.match(key) else f'["{key}"]'
