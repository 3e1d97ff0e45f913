"""Workspaces. There is one, named `default`."""

from typing import Annotated

from gopura.schema import CreatedAt, Entity, LenMin, NotOneOf, Record, UpdatedAt, Utf8Name, Uuid

_CORE = (
    "workspaces",
    "consumers",
    "certificates",
    "services",
    "routes",
    "snis",
    "upstreams",
    "targets",
    "plugins",
    "tags",
    "ca_certificates",
    "clustering_data_planes",
    "parameters",
    "vaults",
    "key_sets",
    "keys",
    "filter_chains",
)


class Empty(Record):
    """Nothing yet."""


class Workspace(Entity, name="workspaces", endpoint_key="name", cache_key=("name",), workspaceable=False):
    """A room of its own for entities."""

    id: Uuid
    name: Annotated[Utf8Name, LenMin(1), NotOneOf(*_CORE)]
    """The workspace's name."""
    comment: str | None = None
    """Remarks."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    meta: Empty
    """Facts about it."""
    config: Empty
    """Settings of it."""
