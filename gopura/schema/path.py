"""Reading and writing `a.b.c` inside nested dictionaries."""

from collections.abc import Mapping
from typing import Any

from gopura.schema.field import UNSET, Field


def value_at(row: Any, path: str) -> Any:
    """The value at a dotted path; UNSET when there is none."""
    for step in path.split("."):
        if not isinstance(row, dict) or step not in row:
            return UNSET
        row = row[step]
    return row


def put_at(row: dict[Any, Any], path: str, value: Any) -> None:
    """Set the value at a dotted path, making the dictionaries on the way."""
    *steps, last = path.split(".")
    for step in steps:
        inner = row.get(step)
        if not isinstance(inner, dict):
            inner = row[step] = {}
        row = inner
    row[last] = value


def field_at(fields: Mapping[str, Field], path: str) -> Field:
    """The field at a dotted path."""
    head, _, tail = path.partition(".")
    found = fields[head]
    if not tail:
        return found
    assert found.record is not None
    return field_at(found.record.fields, tail)


def filled(value: Any) -> bool:
    """Whether there is something: not missing, not null, not an empty string, list or object."""
    return value is not UNSET and value is not None and value not in ("", [], {})
