"""Tokens that the oauth2 plugin gave out."""

from typing import Annotated

from gopura.schema import (
    Auto,
    CreatedAt,
    DefaultNull,
    Entity,
    Foreign,
    ForeignKey,
    OneOf,
    Optional,
    Unique,
    Uuid,
)


class OAuth2Token(
    Entity, name="oauth2_tokens", endpoint_key="access_token", cache_key=("access_token",), ttl=True
):
    """One token of one application."""

    id: Uuid
    created_at: CreatedAt
    service: Annotated[ForeignKey | None, Foreign("services", on_delete="cascade"), DefaultNull()] = None
    """The service that it is good for; null: for all."""
    credential: Annotated[ForeignKey, Foreign("oauth2_credentials", on_delete="cascade")]
    """The application."""
    token_type: Annotated[str, OneOf("bearer")] = "bearer"  # noqa: S105
    """How it is presented."""
    expires_in: int
    """How many seconds after its creation it ends; 0: never."""
    access_token: Annotated[str, Optional(), Unique(), Auto()]
    """The token; made up when it is left out."""
    refresh_token: Annotated[str | None, Optional(), Unique()] = None
    """The token to get a new one with."""
    authenticated_userid: Annotated[str | None, Optional()] = None
    """The person who gave the permission."""
    scope: str | None = None
    """What it allows."""
