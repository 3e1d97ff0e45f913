"""The JSON of `/schemas/...`: fields, checks and shorthands as clients of the Admin API read them."""

from dataclasses import replace
from typing import Any

from gopura.schema.checks import Advice
from gopura.schema.entity import EntityType
from gopura.schema.field import UNSET, Field
from gopura.schema.shape import Shape


def render(entity: EntityType) -> dict[str, Any]:
    """The answer of `/schemas/{entity}`."""
    return render_variant(replace(entity.shape, shorthands=()))


def render_variant(shape: Shape) -> dict[str, Any]:
    """The answer of `/schemas/plugins/{name}` and `/schemas/vaults/{name}`: only what the variant itself describes."""
    return {"entity_checks": [], **shown_shape(shape)}


def shown_shape(shape: Shape) -> dict[str, Any]:
    """`fields`, and `entity_checks` and `shorthand_fields` when there are any."""
    shown: dict[str, Any] = {"fields": [{name: shown_field(item)} for name, item in shape.fields.items()]}
    checks = [check for check in shape.checks if not isinstance(check, Advice)]
    if checks:
        shown["entity_checks"] = [{check.key: check.shown()} for check in checks]
    shorthands = [{item.name: shown_field(item.field)} for item in shape.shorthands]
    if shorthands:
        shown["shorthand_fields"] = shorthands
    return shown


def shown_field(field: Field) -> dict[str, Any]:
    """One field with the keys of all its rules."""
    shown: dict[str, Any] = {"type": field.kind}
    if field.name and field.required:
        shown["required"] = True
    if field.default is not UNSET:
        shown["default"] = field.default
    for rule in field.rules:
        shown |= rule.shown()
    if field.description:
        shown["description"] = field.description
    return shown | _inside(field)


def _inside(field: Field) -> dict[str, Any]:
    parts = {"elements": field.elements, "keys": field.keys, "values": field.values}
    shown = {name: shown_field(part) for name, part in parts.items() if part is not None}
    return shown | (shown_shape(field.record) if field.record is not None else {})
