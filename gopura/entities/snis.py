"""Server names, each with the certificate to present for it."""

from typing import Annotated

from gopura.schema import (
    CreatedAt,
    Entity,
    Foreign,
    ForeignKey,
    Tags,
    Unique,
    UniqueAcrossWorkspaces,
    UpdatedAt,
    Uuid,
    WildcardHost,
)


class ServerName(Entity, name="snis", endpoint_key="name"):
    """One name of a TLS hello."""

    id: Uuid
    name: Annotated[WildcardHost, Unique(), UniqueAcrossWorkspaces()]
    """The server name; the first or the last label may be `*`."""
    created_at: CreatedAt
    updated_at: UpdatedAt
    tags: Tags | None = None
    certificate: Annotated[ForeignKey, Foreign("certificates")]
    """The certificate to present."""
