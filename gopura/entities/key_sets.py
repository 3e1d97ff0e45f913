"""Key sets: keys that belong together."""

from typing import Annotated

from gopura.schema import CreatedAt, Entity, Optional, Tags, Unique, UpdatedAt, Uuid


class KeySet(Entity, name="key_sets", endpoint_key="name", admin_name="key-sets"):
    """A named set of keys."""

    id: Uuid
    name: Annotated[str | None, Optional(), Unique()] = None
    """The set's name."""
    tags: Tags | None = None
    created_at: CreatedAt
    updated_at: UpdatedAt
