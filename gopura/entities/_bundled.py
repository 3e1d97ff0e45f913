"""The plugins' classes as variants of the plugin entity."""

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

import gopura.plugins
from gopura.schema import Eq, Field, Foreign, OneOf, SetOf, Shape

if TYPE_CHECKING:
    from gopura.plugin import Plugin


def described(name: str) -> Shape | None:
    """What a plugin says about its entities: scopes that it refuses, protocols, configuration. None for an unknown one."""
    plugin = classes().get(name)
    return None if plugin is None else shape_of(plugin)


@cache
def classes() -> "dict[str, type[Plugin]]":
    """The plugins that come with the product, by name."""
    found: dict[str, type[Plugin]] = {}
    for module in pkgutil.iter_modules(gopura.plugins.__path__):
        names = vars(importlib.import_module(f"gopura.plugins.{module.name}"))
        found |= {value.name: value for value in names.values() if _is_plugin(value)}
    return found


def _is_plugin(value: object) -> bool:
    from gopura.plugin import Plugin

    return isinstance(value, type) and issubclass(value, Plugin) and hasattr(value, "name")


def shape_of(plugin: "type[Plugin]") -> Shape:
    """The fields of the plugin's entities that differ from every plugin's."""
    refused = {"consumer": plugin.no_consumer, "service": plugin.no_service, "route": plugin.no_route}
    fields = {name: _refused(name) for name, refuse in refused.items() if refuse}
    fields["protocols"] = _protocols(plugin)
    fields["config"] = Field("config", "record", required=True, record=plugin.Config.shape())
    return Shape(fields, getattr(plugin, "checks", ()))


def _refused(name: str) -> Field:
    return Field(name, "foreign", (Eq(None), Foreign(f"{name}s")))


def _protocols(plugin: "type[Plugin]") -> Field:
    element = Field("", "string", (OneOf(*plugin.protocols),), required=True)
    default = list(getattr(plugin, "default_protocols", ("grpc", "grpcs", "http", "https")))
    return Field("protocols", "set", (SetOf(),), required=True, default=default, elements=element)
