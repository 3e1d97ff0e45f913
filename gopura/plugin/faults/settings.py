"""Faults of a plugin's settings, and of any described fields."""

from __future__ import annotations

from collections.abc import Iterator

from gopura import schema
from gopura.plugin.faults.fault import Fault
from gopura.plugin.lifecycle import Plugin
from gopura.schema import UNSET, Field, Shape, json_schema, render_variant
from gopura.schema.complete import missing_value
from gopura.schema.core import refusal


def faults(plugin: type[Plugin]) -> Iterator[Fault]:
    """Whether `Config` describes something, and its defaults are what it asks for."""
    if isinstance(plugin.Config, type) and issubclass(plugin.Config, schema.Record):
        yield from faults_of_shape(plugin.Config, plugin.Config.shape())
    else:
        fix = "write `class Config(config.Record):`"
        yield Fault(plugin, "Config is not made of config.Record", fix, "Config")


def faults_of_shape(owner: type, shape: Shape) -> Iterator[Fault]:
    """Defaults that are refused, and whatever else keeps the Admin API from describing the fields."""
    for field in shape.fields.values():
        yield from _faults_of_default(field, owner)
    try:
        render_variant(shape)
        json_schema(shape)
    except Exception as error:
        message = f"it cannot be described: {type(error).__name__}: {error}"
        yield Fault(owner, message, "simplify its fields")


def _faults_of_default(field: Field, owner: type) -> Iterator[Fault]:
    """A default that the field's own type or rules refuse, also deeper inside."""
    if field.default is not UNSET and (message := refusal(field, missing_value(field))) is not None:
        text = f"the default of {field.name} is refused by its own rules: {message}"
        yield Fault(field.owner or owner, text, "change the default, the type or the rules", field.attribute)
    for part in (field.elements, field.values):
        if part is not None:
            yield from _faults_of_default(part, owner)
    for inner in field.record.fields.values() if field.record else ():
        yield from _faults_of_default(inner, owner)
