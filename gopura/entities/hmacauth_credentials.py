"""User names and secrets with which consumers sign requests for the hmac-auth plugin."""

from typing import Annotated

from gopura.schema import Auto, CreatedAt, Entity, Foreign, ForeignKey, Tags, Unique, Uuid


class HmacAuthCredential(
    Entity,
    name="hmacauth_credentials",
    endpoint_key="username",
    cache_key=("username",),
    admin_name="hmac-auths",
    nested_name="hmac-auth",
):
    """One user name of one consumer."""

    id: Uuid
    created_at: CreatedAt
    consumer: Annotated[ForeignKey, Foreign("consumers", on_delete="cascade")]
    """Whose name it is."""
    username: Annotated[str, Unique()]
    """The user name."""
    secret: Annotated[str, Auto()]
    """The secret to sign with; made up when it is left out."""
    tags: Tags | None = None
