"""Vaults: where secrets are kept that configurations refer to."""

from functools import cache
from typing import Annotated, Any

import gopura.vaults
from gopura.schema import (
    Abstract,
    CreatedAt,
    Entity,
    Match,
    NotOneOf,
    Shape,
    Tags,
    Unique,
    UniqueAcrossWorkspaces,
    UpdatedAt,
    Uuid,
    specialised,
)


class VaultEntity(
    Entity,
    name="vaults",
    endpoint_key="prefix",
    cache_key=("prefix",),
    variant_key="name",
    variant_error="vault '%s' is not installed",
):
    """One vault under the prefix by which references name it."""

    id: Uuid
    prefix: Annotated[
        str,
        Unique(),
        UniqueAcrossWorkspaces(),
        Match("^[a-z][a-z%d-]-[a-z%d]+$", r"^[a-z][a-z0-9-]*[a-z0-9]\Z"),
        NotOneOf(*gopura.vaults.all()),
    ]
    """The name that references use: `{vault://prefix/...}`."""
    name: str
    """Which kind of vault."""
    description: str | None = None
    """Remarks."""
    config: Annotated[dict[str, Any] | None, Abstract()] = None
    """The vault's own settings."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    tags: Tags | None = None

    @staticmethod
    def variants(name: str) -> Shape | None:
        """The entity with the settings of this vault."""
        return _variant(name)


@cache
def _variant(name: str) -> Shape | None:
    vault = gopura.vaults.all().get(name)
    return None if vault is None else specialised(VaultEntity.shape(), vault.shape())
