"""Keys with which consumers sign tokens for the jwt plugin."""

from typing import Annotated

from gopura.schema import (
    Auto,
    Conditional,
    CreatedAt,
    Custom,
    Entity,
    Foreign,
    ForeignKey,
    MatchAny,
    OneOf,
    Optional,
    Pattern,
    Required,
    Tags,
    Unique,
    Uuid,
)
from gopura.schema.types.certificate import public_key, reason

ALGORITHMS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384")

_RSA = MatchAny(Pattern("^RS256$"), Pattern("^RS384$"), Pattern("^RS512$"))


def _key(pem: str) -> str | None:
    return "invalid key" if reason(public_key, pem) else None


class JwtSecret(
    Entity, name="jwt_secrets", endpoint_key="key", cache_key=("key",), admin_name="jwts", nested_name="jwt"
):
    """One key of one consumer."""

    checks = (Conditional("algorithm", _RSA, "rsa_public_key", (Required(), Custom(_key))),)

    id: Uuid
    created_at: CreatedAt
    consumer: Annotated[ForeignKey, Foreign("consumers", on_delete="cascade")]
    """Whose key it is."""
    key: Annotated[str, Optional(), Unique(), Auto()]
    """The value of the claim that names the key; made up when it is left out."""
    secret: Annotated[str, Auto()]
    """The shared secret of the HS algorithms; made up when it is left out."""
    rsa_public_key: str | None = None
    """The public key of the RS and ES algorithms, in PEM form."""
    algorithm: Annotated[str | None, OneOf(*ALGORITHMS)] = "HS256"
    """How the tokens are signed."""
    tags: Tags | None = None
