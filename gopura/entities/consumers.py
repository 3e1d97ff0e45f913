"""Consumers: who sends the requests."""

from typing import Annotated

from gopura.schema import AtLeastOneOf, CreatedAt, Entity, Tags, Unique, UpdatedAt, Uuid


class Consumer(Entity, name="consumers", endpoint_key="username"):
    """A client that credentials, groups and plugins belong to."""

    checks = (AtLeastOneOf("custom_id", "username"),)

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    username: Annotated[str | None, Unique()] = None
    """The consumer's name."""
    custom_id: Annotated[str | None, Unique()] = None
    """The consumer's id in another system."""
    tags: Tags | None = None
