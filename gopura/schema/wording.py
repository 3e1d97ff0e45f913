"""The words of the validation messages, which clients match on, and Lua's way of writing values into them."""

import re
from collections.abc import Iterable
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
    if isinstance(value, list):
        rows = [_table(item, deeper) for item in value]
    else:
        rows = [f"{_key(key)} = {_table(value[key], deeper)}" for key in value]
    return "{\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}}}"


def _key(key: Any) -> str:
    return key if _IDENTIFIER.match(str(key)) else f'["{key}"]'
