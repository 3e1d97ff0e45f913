"""Keys that consumers present to the key-auth plugin."""

from typing import Annotated

from gopura.schema import Auto, CreatedAt, Entity, Foreign, ForeignKey, Optional, Tags, Unique, Uuid


class KeyAuthCredential(
    Entity,
    name="keyauth_credentials",
    endpoint_key="key",
    cache_key=("key",),
    ttl=True,
    admin_name="key-auths",
    nested_name="key-auth",
):
    """One key of one consumer."""

    id: Uuid
    created_at: CreatedAt
    consumer: Annotated[ForeignKey, Foreign("consumers", on_delete="cascade")]
    """Whose key it is."""
    key: Annotated[str, Optional(), Unique(), Auto()]
    """The key; made up when it is left out."""
    tags: Tags | None = None
