"""Plugins: what is done to requests, where, with which configuration."""

from functools import cache
from typing import Annotated, Any

from gopura.entities import _bundled
from gopura.schema import (
    Abstract,
    CreatedAt,
    DefaultNull,
    Entity,
    Foreign,
    ForeignKey,
    Protocol,
    SetOf,
    Shape,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
    specialised,
)
from gopura.schema.types.protocols import HTTP_PROTOCOLS


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

    @staticmethod
    def variants(name: str) -> Shape | None:
        """The entity with the configuration of this plugin."""
        return _variant(name)


@cache
def _variant(name: str) -> Shape | None:
    own = _bundled.described(name)
    return None if own is None else specialised(PluginEntity.shape(), own)
