"""How the tables of the entities' tests look at an input."""

from typing import Any

from gopura import entities
from gopura.schema import SchemaViolation, insert


def fields_of(entity: str, given: dict[str, Any]) -> dict[str, Any]:
    """The messages about an input for a new entity; empty when it is valid."""
    try:
        insert(entities.get(entity), given)
    except SchemaViolation as violation:
        return violation.fields
    return {}


def message_of(entity: str, given: dict[str, Any]) -> str:
    """All messages about an input in one line."""
    return SchemaViolation(fields_of(entity, given)).message
