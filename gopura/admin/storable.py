"""What no database can keep although JSON can say it."""

from typing import Any

from gopura.schema import SchemaViolation
from gopura.schema.storable_text import text_problem

_LARGEST = 2**63 - 1


def check(row: dict[str, Any]) -> None:
    """Raise SchemaViolation for texts that are not UTF-8 or hold NUL, and for integers of more than 64 bits."""
    problems = {name: problem for name, value in row.items() if (problem := _problem(value))}
    if problems:
        raise SchemaViolation(problems)


def _problem(value: Any) -> str | None:
    match value:
        case str():
            return text_problem(value)
        case int() if abs(value) > _LARGEST:
            return "value is out of range"
        case dict():
            return next(filter(None, map(_problem, [*value.keys(), *value.values()])), None)
        case list():
            return next(filter(None, map(_problem, value)), None)
    return None
