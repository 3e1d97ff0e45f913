"""Plugins: what is done to requests, where, with which configuration."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from gopura.entities import _bundled
from gopura.entities._ordering import Ordering
from gopura.schema import (
    Abstract,
    CreatedAt,
    DefaultNull,
    Entity,
    EntityType,
    Foreign,
    ForeignKey,
    Protocol,
    SetOf,
    Shape,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
)
from gopura.schema.types.protocols import HTTP_PROTOCOLS

if TYPE_CHECKING:
    from gopura.plugin import Plugin


class PluginEntity(
    Entity,
    name="plugins",
    endpoint_key="instance_name",
    cache_key=("name", "route", "service", "consumer"),
    variant_key="name",
    variant_error="plugin '%s' not enabled; add it to the 'plugins' configuration property",
):
    """One use of a plugin: for everything, or for a route, a service, a consumer."""

    id: Uuid
    name: str
    """Which plugin."""
    instance_name: Utf8Name | None = None
    """A name for this use of the plugin."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    route: Annotated[ForeignKey | None, Foreign("routes", on_delete="cascade"), DefaultNull()] = None
    """Only for requests that this route matches."""
    service: Annotated[ForeignKey | None, Foreign("services", on_delete="cascade"), DefaultNull()] = None
    """Only for requests to this service."""
    consumer: Annotated[ForeignKey | None, Foreign("consumers", on_delete="cascade"), DefaultNull()] = None
    """Only for requests of this consumer."""
    config: Annotated[dict[str, Any] | None, Abstract()] = None
    """The plugin's own settings."""
    protocols: Annotated[list[Protocol], SetOf()] = list(HTTP_PROTOCOLS)
    """Only for requests by these protocols."""
    enabled: bool = True
    """Whether it runs."""
    tags: Tags | None = None
    ordering: Ordering | None = None
    """Plugins that run later or earlier in `access`, whatever their priorities are."""


def described(ordering: bool) -> EntityType:
    """The entity, whose field `ordering` is dormant unless the setting `plugin_ordering` is on."""
    entity = PluginEntity.entity()
    fields, dormant = dict(entity.fields), {}
    if not ordering:
        dormant["ordering"] = fields.pop("ordering")
    shape = replace(entity.shape, fields=fields)

    def variants(name: str) -> Shape | None:
        return _bundled.enabled.shape(name, shape)

    return replace(entity, shape=shape, dormant=dormant, variants=variants)


def variant(name: str) -> Shape | None:
    """What a plugin says about its entities: refused scopes, protocols, configuration; None for an unknown one."""
    return _bundled.described(name)


def enable(plugins: "Mapping[str, type[Plugin]]") -> None:
    """Let entities name these plugins and no others; before that all that come with the product are enabled."""
    _bundled.enabled.plugins = plugins


def enabled() -> "Mapping[str, type[Plugin]]":
    """The plugins that entities may name."""
    return _bundled.enabled.plugins
