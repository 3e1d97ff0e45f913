"""Groups of consumers, for the acl plugin."""

from typing import Annotated

from gopura.schema import CreatedAt, Entity, Foreign, ForeignKey, Tags, Uuid


class AclGroup(Entity, name="acls", cache_key=("consumer", "group")):
    """One consumer's membership in one group."""

    id: Uuid
    created_at: CreatedAt
    consumer: Annotated[ForeignKey, Foreign("consumers", on_delete="cascade")]
    """The member."""
    group: str
    """The group's name."""
    tags: Tags | None = None
