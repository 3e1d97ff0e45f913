"""Tags as they are listed: one row for every tag of every entity. A view of the other entities, never stored."""

from typing import Annotated

from gopura.schema import Entity, Required, Uuid
from gopura.schema.types.identity import Tag


class TagRow(
    Entity, name="tags", primary_key=("tag",), endpoint_key="tag", workspaceable=False, endpoints=False
):
    """One tag of one entity."""

    tag: Tag
    """The tag."""
    entity_name: str
    """The kind of the entity, in the plural."""
    entity_id: Annotated[Uuid, Required()]
    """The entity's id."""
