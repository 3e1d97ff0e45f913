"""Filter chains: WebAssembly filters that run for a service or a route."""

from typing import Annotated, Any

from gopura.schema import (
    AtLeastOneOf,
    CreatedAt,
    CustomCheck,
    DefaultNull,
    Entity,
    Foreign,
    ForeignKey,
    Json,
    LenMin,
    MutuallyExclusive,
    OneOf,
    Optional,
    Record,
    Tags,
    Unique,
    UpdatedAt,
    Utf8Name,
    Uuid,
)

FILTERS: tuple[str, ...] = ()
"""The filters that can be used: none, until WebAssembly modules are run."""

_CONFIG_SCHEMA = {
    "parent_subschema_key": "name",
    "namespace": "proxy-wasm-filters",
    "optional": True,
    "default": {"$schema": "http://json-schema.org/draft-04/schema#", "type": ["string", "null"]},
}


def _available(_row: dict[str, Any]) -> str | None:
    return "wasm support is not enabled"


class Filter(Record):
    """One filter of a chain."""

    name: Annotated[str, OneOf(*FILTERS, err="no such filter")]
    """Which filter."""
    enabled: bool = True
    """Whether it runs."""
    config: Annotated[Any, Optional(), Json(_CONFIG_SCHEMA)] = None
    """Its settings."""


class FilterChain(
    Entity,
    name="filter_chains",
    endpoint_key="name",
    cache_key=("route", "service"),
    admin_name="filter-chains",
):
    """Filters in the order in which they run."""

    checks = (
        MutuallyExclusive("service", "route"),
        AtLeastOneOf("service", "route"),
        CustomCheck("filters", check=_available, with_invalid=True),
    )

    id: Uuid
    name: Utf8Name | None = None
    """The chain's name."""
    enabled: bool = True
    """Whether it runs."""
    route: Annotated[ForeignKey | None, Unique(), Foreign("routes", on_delete="cascade"), DefaultNull()] = (
        None
    )
    """The route that it runs for."""
    service: Annotated[
        ForeignKey | None, Unique(), Foreign("services", on_delete="cascade"), DefaultNull()
    ] = None
    """The service that it runs for."""
    filters: Annotated[list[Filter], LenMin(1)]
    """The filters."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    tags: Tags | None = None
