"""Markdown tables, and the fields of a described object as one."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from gopura.schema import Field, Shape
from gopura.schema.field import UNSET
from gopura.schema.rules import Encrypted

COLUMNS = ("field", "type", "default", "allowed", "meaning")
UNSHOWN = {
    "required",
    "default",
    "description",
    "referenceable",
    "encrypted",
    "unique",
    "auto",
    "uuid",
    "reference",
    "on_delete",
}


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells may hold several lines and `|`."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def fields(shape: Shape) -> str:
    """The fields of an object, those of objects inside it as `outer.inner`."""
    return table(COLUMNS, _rows(shape, ""))


def _rows(shape: Shape, prefix: str) -> Iterator[Sequence[str]]:
    for name, field in shape.fields.items():
        required = " (required)" if field.required and field.default is UNSET and not field.auto else ""
        yield (
            f"`{prefix}{name}`",
            kind(field) + required,
            _default(field),
            ", ".join(_allowed(field)),
            field.description,
        )
        inner = field.record or (field.elements.record if field.elements else None)
        if inner is not None:
            yield from _rows(inner, f"{prefix}{name}{'' if field.record else '[]'}.")


def _default(field: Field) -> str:
    if field.default in (UNSET, None):
        return ""
    # The only secrets with a default are made up anew whenever they are asked for.
    return "a random text" if field.rule(Encrypted) else code(field.default)


def kind(field: Field) -> str:
    """The type of a field in words."""
    if field.elements is not None:
        return f"{field.kind} of {kind(field.elements)}s"
    if field.keys is not None and field.values is not None:
        return f"map of {kind(field.keys)} to {kind(field.values)}"
    return f"reference to {field.reference}" if field.reference else field.kind


def _allowed(field: Field) -> Iterator[str]:
    for rule in field.rules:
        for key, value in rule.shown().items():
            if key not in UNSHOWN and value is not True:
                yield f"{key.replace('_', ' ')} {code(value)}"
    if field.elements is not None:
        yield from _allowed(field.elements)


def code(value: Any) -> str:
    """A value as it stands in JSON."""
    return f"`{json.dumps(value, default=str)}`"
