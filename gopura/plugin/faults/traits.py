"""Faults of what the class statement says."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gopura import schema
from gopura.plugin.faults.fault import Fault
from gopura.plugin.lifecycle import Plugin
from gopura.schema.types.protocols import PROTOCOLS

_NAME = re.compile(r"[a-z][a-z0-9_-]*\Z")


def faults(plugin: type[Plugin]) -> Iterator[Fault]:
    """Name, priority, protocols, and the kinds of what else the class holds."""
    if not (isinstance(plugin.name, str) and _NAME.match(plugin.name)):
        fix = "a name has lower-case letters, digits, hyphens and underscores, and begins with a letter"
        yield Fault(plugin, f"{plugin.name!r} is no name of a plugin", fix)
    if type(plugin.priority) is not int:
        yield Fault(plugin, f"the priority {plugin.priority!r} is no integer", "write a whole number")
    unknown = [one for one in (*plugin.protocols, *plugin.default_protocols) if one not in PROTOCOLS]
    if unknown:
        yield Fault(plugin, f"there is no protocol {unknown[0]!r}", f"protocols are {', '.join(PROTOCOLS)}")
    if not all(isinstance(check, schema.Check) for check in _sequence(plugin.checks)):
        yield Fault(plugin, "checks must be a tuple of checks", "write `checks = (...,)`", "checks")
    if not all(_is_entity(model) for model in _sequence(plugin.entities)):
        yield Fault(
            plugin,
            "entities must be a tuple of classes made of config.Entity",
            "write `entities = (Name,)`, with the comma",
            "entities",
        )


def _sequence(value: object) -> tuple[object, ...]:
    """The members; what is no list or tuple has one that nothing accepts."""
    return tuple(value) if isinstance(value, list | tuple) else (None,)


def _is_entity(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, schema.Entity) and bool(value._facts)
