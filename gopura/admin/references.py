"""References by something else than the id: `{"service": {"name": "a"}}` becomes the id of the service."""

from collections.abc import Mapping
from typing import Any

from gopura.admin import keys
from gopura.admin.errors import ForeignKeysUnresolved
from gopura.schema.entity import EntityType
from gopura.store import Reader


async def resolve(
    reader: Reader, entities: Mapping[str, EntityType], entity: EntityType, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The input with ids in its references; ForeignKeysUnresolved for names that nothing has."""
    resolved = dict(given)
    errors: dict[str, dict[str, str]] = {}
    for name, field in entity.foreign_fields.items():
        value = given.get(name)
        if isinstance(value, dict) and not keys.is_uuid(value.get("id")):
            found, missing = await _resolve_one(reader, entities[str(field.reference)], value)
            resolved[name] = found
            errors |= {name: missing} if missing else {}
    if errors:
        raise ForeignKeysUnresolved(errors)
    return resolved


async def _resolve_one(
    reader: Reader, parent: EntityType, value: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    missing: dict[str, str] = {}
    for name in _unique_names(parent):
        wanted = value.get(name)
        if wanted is None or keys.problem(parent, name, wanted) is not None:
            continue
        found = await reader.get_by(parent.name, name, wanted)
        if found is not None:
            return {"id": found["id"]}, {}
        missing[name] = ForeignKeysUnresolved.text(name, wanted, parent.name)
    return value, missing


def _unique_names(entity: EntityType) -> list[str]:
    return [name for name, field in entity.fields.items() if field.unique or name == entity.endpoint_key]
