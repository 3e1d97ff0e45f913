"""JSON schemas of fields and entities."""

from collections.abc import Callable, Mapping
from typing import Any

from gopura.schema import Between, Field, Gt, LenMax, LenMin, OneOf, Shape, StartsWith, UuidText
from gopura.schema.field import UNSET
from gopura.schema.rule import Rule

Schema = dict[str, Any]

_WORDS: dict[type[Rule], Callable[[Any], Schema]] = {
    OneOf: lambda rule: {"enum": list(rule.allowed)},
    Between: lambda rule: {"minimum": rule.lowest, "maximum": rule.highest},
    Gt: lambda rule: {"exclusiveMinimum": rule.limit},
    StartsWith: lambda rule: {"pattern": f"^{rule.start}"},
    UuidText: lambda _rule: {"format": "uuid"},
}
_LENGTHS = {"string": "Length", "array": "Items", "set": "Items", "map": "Properties"}


def input_schema(shape: Shape) -> Schema:
    """What a client may send: every field, none but the necessary ones required."""
    fields = {**shape.fields, **{item.name: item.field for item in shape.shorthands}}
    given = {item.name for item in shape.shorthands}
    needed = [
        name
        for name, field in shape.fields.items()
        if field.required and not field.auto and field.default is UNSET and name not in given
    ]
    return _object(fields, needed if not shape.shorthands else [])


def output_schema(shape: Shape, more: Mapping[str, Schema]) -> Schema:
    """What answers hold: every field."""
    found = _object(shape.fields, list(shape.fields))
    found["properties"] |= more
    return found


def _object(fields: Mapping[str, Field], required: list[str]) -> Schema:
    properties = {name: field_schema(field) for name, field in fields.items()}
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | {"required": required} if required else found


def field_schema(field: Field) -> Schema:
    """One field: its type, its limits, its description and default."""
    found = _KINDS[field.kind](field)
    if not field.referenceable:
        for rule in field.rules:
            found |= _WORDS[type(rule)](rule) if type(rule) in _WORDS else {}
            found |= _length(field, rule)
    if not field.required and "type" in found:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    if field.default is not UNSET:
        found["default"] = field.default
    if field.description:
        found["description"] = field.description
    return found


def _length(field: Field, rule: Rule) -> Schema:
    word = _LENGTHS.get(field.kind)
    if word and isinstance(rule, LenMin):
        return {f"min{word}": rule.limit}
    if word and isinstance(rule, LenMax):
        return {f"max{word}": rule.limit}
    return {}


def _list(field: Field) -> Schema:
    assert field.elements is not None
    return {"type": "array", "items": field_schema(field.elements)}


def _map(field: Field) -> Schema:
    assert field.values is not None
    return {"type": "object", "additionalProperties": field_schema(field.values)}


def _record(field: Field) -> Schema:
    return {"type": "object"} if field.record is None else _object(field.record.fields, [])


def _foreign(field: Field) -> Schema:
    identity = {"type": "string", "format": "uuid"}
    return {"type": "object", "properties": {"id": identity}, "description": f"One of the {field.reference}."}


_KINDS: dict[str, Callable[[Field], Schema]] = {
    "string": lambda _field: {"type": "string"},
    "integer": lambda _field: {"type": "integer"},
    "number": lambda _field: {"type": "number"},
    "boolean": lambda _field: {"type": "boolean"},
    "array": _list,
    "set": _list,
    "map": _map,
    "record": _record,
    "foreign": _foreign,
    "json": lambda _field: {},
    "any": lambda _field: {},
}
