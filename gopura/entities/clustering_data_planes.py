"""Data planes that follow this control plane from other machines."""

from typing import Annotated

from gopura.schema import (
    Auto,
    CreatedAt,
    Entity,
    Host,
    Ip,
    LenEq,
    OneOf,
    Required,
    SemanticVersion,
    UpdatedAt,
    Uuid,
)

_STATUS = (
    "unknown",
    "normal",
    "kong_version_incompatible",
    "plugin_set_incompatible",
    "plugin_version_incompatible",
    "filter_set_incompatible",
)


class DataPlane(
    Entity,
    name="clustering_data_planes",
    ttl=True,
    admin_name="clustering/data-planes",
    workspaceable=False,
    endpoints=False,
):
    """One data plane, as it was last heard of."""

    id: Annotated[Uuid, Required()]
    last_seen: Annotated[CreatedAt, Auto()]
    """When it was last heard of, in seconds since 1970."""
    updated_at: UpdatedAt
    ip: Ip
    """Its address."""
    config_hash: Annotated[str | None, LenEq(32)] = None
    """The hash of the configuration that it runs."""
    hostname: Host
    """Its host name."""
    version: SemanticVersion | None = None
    """Its version."""
    sync_status: Annotated[str, OneOf(*_STATUS)] = "unknown"
    """Whether it can run what it is sent."""
    labels: dict[str, str] | None = None
    """Its labels."""
