"""The plugins' classes as variants of the plugin entity."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gopura.schema import Eq, Field, Foreign, OneOf, SetOf, Shape, specialised

if TYPE_CHECKING:
    from gopura.plugin import Plugin


class Enabled:
    """The plugins that entities may name: those that come with the product, until others are put in their place."""

    def __init__(self) -> None:
        self._plugins: Mapping[str, type[Plugin]] | None = None
        self._shapes: dict[tuple[str, tuple[str, ...]], Shape] = {}

    @property
    def plugins(self) -> "Mapping[str, type[Plugin]]":
        """By name."""
        if self._plugins is None:
            from gopura.plugin.discovery import discover

            self._plugins = discover().plugins
        return self._plugins

    @plugins.setter
    def plugins(self, plugins: "Mapping[str, type[Plugin]]") -> None:
        self._plugins = dict(plugins)
        self._shapes.clear()

    def shape(self, name: str, base: Shape) -> Shape | None:
        """The entity's shape for this plugin; None for an unknown one."""
        key = name, tuple(base.fields)  # these depend on the settings
        if key not in self._shapes and name in self.plugins:
            self._shapes[key] = specialised(base, shape_of(self.plugins[name]))
        return self._shapes.get(key)


enabled = Enabled()


def described(name: str) -> Shape | None:
    """What a plugin says about its entities: refused scopes, protocols, configuration; None for an unknown one."""
    plugin = enabled.plugins.get(name)
    return None if plugin is None else shape_of(plugin)


def shape_of(plugin: "type[Plugin]") -> Shape:
    """The fields of the plugin's entities that differ from every plugin's."""
    refused = {"consumer": plugin.no_consumer, "service": plugin.no_service, "route": plugin.no_route}
    fields = {name: _refused(name) for name, refuse in refused.items() if refuse}
    fields["protocols"] = _protocols(plugin)
    fields["config"] = _config(plugin)
    return Shape(fields, tuple(plugin.checks))


def _config(plugin: "type[Plugin]") -> Field:
    return Field("config", "record", tuple(plugin.Config.rules), required=True, record=plugin.Config.shape())


def _refused(name: str) -> Field:
    return Field(name, "foreign", (Eq(None), Foreign(f"{name}s")))


def _protocols(plugin: "type[Plugin]") -> Field:
    element = Field("", "string", (OneOf(*plugin.protocols),), required=True)
    default = list(plugin.default_protocols)
    return Field("protocols", "set", (SetOf(),), required=True, default=default, elements=element)
