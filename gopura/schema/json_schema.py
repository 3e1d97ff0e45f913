"""Descriptions as JSON Schema (2020-12), which OpenAPI and forms are made of."""

from typing import Any

from gopura.schema.field import UNSET, Field
from gopura.schema.rules import Eq, LenEq, LenMax, LenMin
from gopura.schema.shape import Shape

_TYPES = {"string": "string", "integer": "integer", "number": "number", "boolean": "boolean"}
_REFERENCE = {"type": "string", "pattern": r"^\{vault://.*\}$"}
_LENGTHS = {"string": "Length", "array": "Items", "set": "Items", "map": "Properties"}


def json_schema(shape: Shape, *, stored: bool = False) -> dict[str, Any]:
    """The schema of an object: as clients send it, or as it is stored, complete."""
    needed = [name for name, field in shape.fields.items() if stored or _needed(field)]
    properties = {name: field_schema(field, stored=stored) for name, field in shape.fields.items()}
    if not stored:
        properties |= {item.name: field_schema(item.field) for item in shape.shorthands}
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": needed} if needed else {})


def field_schema(field: Field, *, stored: bool = False) -> dict[str, Any]:
    """The schema of a field's values."""
    schema = _values(field, stored)
    if field.referenceable:
        schema = {"anyOf": [schema, _REFERENCE]}
    eq = field.rule(Eq)
    if eq is not None and eq.wanted is None:
        schema = {"type": "null"}
    elif not field.required and field.name and not field.auto:
        schema = {"anyOf": [schema, {"type": "null"}]}
    if field.description:
        schema["description"] = field.description
    if field.default is not UNSET:
        schema["default"] = field.default
    return schema


def _needed(field: Field) -> bool:
    return field.required and field.default is UNSET and not field.auto and field.record is None


def _values(field: Field, stored: bool) -> dict[str, Any]:
    schema = _kind(field, stored)
    limits: list[dict[str, Any]] = [rule.limits() for rule in field.rules]
    for limit in (*limits, _lengths(field)):
        clashing = schema.keys() & limit.keys()
        schema = {"allOf": [schema, limit]} if clashing else schema | limit
    return schema


def _kind(field: Field, stored: bool) -> dict[str, Any]:
    if field.kind in _TYPES:
        return {"type": _TYPES[field.kind]}
    if field.elements is not None:
        items = {"type": "array", "items": field_schema(field.elements, stored=stored)}
        return items | ({"uniqueItems": True} if field.kind == "set" and stored else {})
    if field.values is not None:
        return {"type": "object", "additionalProperties": field_schema(field.values, stored=stored)}
    if field.record is not None:
        return json_schema(field.record, stored=stored)
    if field.kind == "foreign":
        return _reference(stored)
    return {"type": "object"} if field.kind == "record" else {}


def _reference(stored: bool) -> dict[str, Any]:
    """Clients may name the other entity by any unique field; what is stored is its id."""
    if not stored:
        return {"type": "object"}
    properties = {"id": {"type": "string", "format": "uuid"}}
    return {"type": "object", "properties": properties, "required": ["id"]}


def _lengths(field: Field) -> dict[str, Any]:
    noun = _LENGTHS.get(field.kind)
    if noun is None:
        return {}
    found: dict[str, Any] = {}
    for kind, names in ((LenMin, ("min",)), (LenMax, ("max",)), (LenEq, ("min", "max"))):
        rule = field.rule(kind)
        if rule is not None:
            found |= {name + noun: rule.limit for name in names}
    if field.kind == "string" and not field.has(LenMin):
        found.setdefault("minLength", 1)
    return found
