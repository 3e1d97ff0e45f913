"""Codes that the oauth2 plugin gave out, to be exchanged for tokens."""

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

_Text = Annotated[str | None, Optional()]


class OAuth2Code(Entity, name="oauth2_authorization_codes", ttl=True, endpoints=False):
    """One code of one application."""

    id: Uuid
    created_at: CreatedAt
    service: Annotated[ForeignKey | None, Foreign("services", on_delete="cascade"), DefaultNull()] = None
    """The service that the token will be good for; null: for all."""
    credential: Annotated[ForeignKey, Foreign("oauth2_credentials", on_delete="cascade")]
    """The application."""
    code: Annotated[str, Optional(), Unique(), Auto()]
    """The code; made up when it is left out."""
    authenticated_userid: _Text = None
    """The person who gave the permission."""
    scope: str | None = None
    """What the token will allow."""
    challenge: _Text = None
    """The challenge of the proof key for code exchange (RFC 7636)."""
    challenge_method: Annotated[str | None, Optional(), OneOf("S256")] = None
    """How the challenge was computed."""
    plugin: Annotated[ForeignKey | None, Foreign("plugins", on_delete="cascade"), DefaultNull()] = None
    """The use of the plugin that gave it out."""
