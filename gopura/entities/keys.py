"""Keys, as JSON Web Keys or in PEM form."""

import json
from typing import Annotated, Any

from gopura.entities._json_web_key import JsonWebKey
from gopura.schema import (
    AtLeastOneOf,
    CreatedAt,
    Custom,
    CustomCheck,
    Encrypted,
    Entity,
    Foreign,
    ForeignKey,
    MutuallyExclusive,
    Optional,
    Record,
    Referenceable,
    Shown,
    Tags,
    Unique,
    UpdatedAt,
    Uuid,
    is_reference,
)
from gopura.schema.types.certificate import private_key, public_key, reason
from gopura.schema.types.jwk import is_key


def _pem(pem: "Pem") -> str | None:
    """Load what is there; references are resolved elsewhere."""
    private, public = pem.private_key, pem.public_key
    if is_reference(private) or is_reference(public):
        return None
    if public is not None and reason(public_key, public):
        return "could not load public key"
    why = None if private is None else reason(private_key, private)
    return why and f"could not load private keypkey.new: crypto/pem: {why}"


def _material(row: dict[str, Any]) -> str | None:
    """What only the whole key can tell."""
    jwk, pem = row["jwk"], row["pem"]
    if isinstance(jwk, str) and not is_reference(jwk):
        return _jwk(jwk, row["kid"])
    if isinstance(pem, dict) and not (pem.get("private_key") or pem.get("public_key")):
        return "need to supply a PEM formatted public and/or private key."
    return None


def _jwk(text: str, kid: Any) -> str | None:
    try:
        jwk = json.loads(text)
    except ValueError:
        return "could not json decode jwk string"
    if not isinstance(jwk, dict) or jwk.get("kid") != kid:
        return "kid in jwk.kid must be equal to keys.kid"
    if not is_key(jwk):
        return "could not load JWK, likely not a valid key"
    return JsonWebKey.problems(jwk)


class Pem(Record):
    """A key pair, or one half of it."""

    rules = (Custom(_pem),)

    private_key: Annotated[str | None, Optional(), Referenceable(), Encrypted()] = None
    """The private key."""
    public_key: Annotated[str | None, Optional(), Referenceable()] = None
    """The public key."""


class Key(Entity, name="keys", endpoint_key="name", cache_key=("kid", "set")):
    """One key, known by its `kid` within its set."""

    checks = (
        MutuallyExclusive("pem", "jwk"),
        AtLeastOneOf("pem", "jwk"),
        CustomCheck("jwk", "pem", "kid", check=_material),
    )

    id: Uuid
    set: Annotated[ForeignKey | None, Optional(), Foreign("key_sets", on_delete="cascade")] = None
    """The set that it belongs to."""
    name: Annotated[str | None, Optional(), Unique()] = None
    """The key's name."""
    kid: Annotated[str, Shown((("unique", False),))]
    """The id by which tokens name it."""
    jwk: Annotated[str | None, Referenceable(), Encrypted()] = None
    """A JSON Web Key, as text."""
    pem: Annotated[Pem | None, Optional()] = None
    """The key in PEM form."""
    tags: Tags | None = None
    created_at: CreatedAt
    updated_at: UpdatedAt
