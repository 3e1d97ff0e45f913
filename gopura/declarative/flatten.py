"""Errors by entity instead of by place: what tools show beside each entity that they sent."""

from collections.abc import Mapping
from typing import Any

from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.expand import children, is_uuid
from gopura.schema import EntityType

Flat = list[dict[str, Any]]


def body(
    error: InvalidConfiguration, document: dict[str, Any], entities: Mapping[str, EntityType]
) -> dict[str, Any]:
    """The answer's JSON with `flattened_errors`; `fields` keeps what belongs to no entity."""
    flat: Flat = []
    left: dict[str | int, Any] = {}
    for name in sorted(error.fields or {}, reverse=True):
        messages, section = (error.fields or {})[name], document.get(name)
        if name in entities and isinstance(section, list):
            if isinstance(messages, list):
                for given, found in reversed(list(zip(section, messages, strict=False))):
                    _entity(entities, entities[name], given or {}, found, flat)
        else:
            left[name] = messages
    return {**InvalidConfiguration(left).body(), "flattened_errors": flat or {}}


def _entity(
    entities: Mapping[str, EntityType], entity: EntityType, given: Any, messages: Any, flat: Flat
) -> None:
    if not isinstance(messages, dict) or not isinstance(given, dict):
        return
    given, messages = dict(given), dict(messages)
    for name, field in entity.foreign_fields.items():
        if isinstance(given.get(name), dict):
            referred = given.pop(name)
            given |= {name: {"id": referred["id"]}} if is_uuid(referred.get("id")) else {}
            _entity(entities, entities[str(field.reference)], referred, messages.pop(name, None), flat)
    for child, name in children(entities, entity):
        if isinstance(given.get(child), list | dict):
            below, found = given.pop(child), messages.pop(child, None)
            owner = {name: {"id": given["id"]}} if is_uuid(given.get("id")) else {}
            _entities(entities, entities[child], below, found, owner, flat)
    errors = list(_errors(messages, ""))
    if errors:
        flat.append(_named(entity, given) | {"entity": given, "errors": errors})


def _entities(
    entities: Mapping[str, EntityType],
    entity: EntityType,
    given: Any,
    messages: Any,
    owner: Mapping[str, Any],
    flat: Flat,
) -> None:
    if not isinstance(given, list) or not isinstance(messages, list):
        return
    for one, message in zip(given, messages, strict=False):
        _entity(entities, entity, {**owner, **one} if isinstance(one, dict) else one, message, flat)


def _named(entity: EntityType, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"entity_type": entity.name.removesuffix("s")}
    name, tags = given.get("name"), given.get("tags")
    found |= {"entity_name": name} if isinstance(name, str) and name else {}
    found |= {"entity_id": given["id"]} if is_uuid(given.get("id")) else {}
    listed = isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
    return found | ({"entity_tags": tags} if listed else {})


def _errors(messages: Any, path: str) -> Flat:
    pairs = messages.items() if isinstance(messages, dict) else enumerate(messages, 1)
    found: Flat = []
    for step, message in sorted(pairs, key=lambda pair: str(pair[0]), reverse=True):
        here = f"{path}.{step}" if path else str(step)
        if step == "@entity":
            found += [{"type": "entity", "message": one} for one in message]
        elif isinstance(message, dict | list):
            found += _errors(message, here)
        elif message is not None:
            found.append({"type": "field", "field": here, "message": message})
    return found
