"""Applications that act for consumers through the oauth2 plugin."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from typing import Annotated, Any

from gopura.schema import (
    Auto,
    CreatedAt,
    Custom,
    Encrypted,
    Entity,
    Foreign,
    ForeignKey,
    OneOf,
    Optional,
    Tags,
    Transformation,
    Unique,
    Uuid,
)
from gopura.schema.types.url import parsed_url

_PHC = re.compile(r"\$pbkdf2-(sha\d+)\$i=(\d+),l=(\d+)\$([\w+/=]+)\$([\w+/=]+)")
_DIGEST, _ITERATIONS, _LENGTH, _SALT_LENGTH = "sha512", 10000, 32, 16


def hashed(secret: str, salt: bytes | None = None) -> str:
    """A secret as a PHC string (PBKDF2), in Kong's form."""
    salt = salt or secrets.token_bytes(_SALT_LENGTH)
    derived = hashlib.pbkdf2_hmac(_DIGEST, secret.encode(), salt, _ITERATIONS, _LENGTH)
    salt_text, hash_text = (base64.b64encode(part).rstrip(b"=").decode() for part in (salt, derived))
    return f"$pbkdf2-{_DIGEST}$i={_ITERATIONS},l={_LENGTH}${salt_text}${hash_text}"


def proves(secret: str, hash_text: str) -> bool:
    """Whether a PHC string (PBKDF2) was made from this secret. Takes milliseconds, without the interpreter's lock."""
    found = _PHC.fullmatch(hash_text)
    if found is None:
        return False
    digest, iterations, length = found[1], int(found[2]), int(found[3])
    try:
        salt, expected = (base64.b64decode(text + "=" * (-len(text) % 4)) for text in found.group(4, 5))
    except binascii.Error:
        return False
    derived = hashlib.pbkdf2_hmac(digest, secret.encode("utf-8", "surrogateescape"), salt, iterations, length)
    return hmac.compare_digest(derived, expected)


def _hash(hash_secret: bool, client_secret: str) -> dict[str, Any]:
    return {"client_secret": hashed(client_secret)} if hash_secret else {}


def _redirect(uri: str) -> str | None:
    parts = parsed_url(uri)
    if parts.scheme is None or parts.host is None:
        return f"cannot parse '{uri}'"
    return None if parts.fragment is None else f"fragment not allowed in '{uri}'"


class OAuth2Credential(
    Entity, name="oauth2_credentials", endpoint_key="client_id", cache_key=("client_id",), admin_name="oauth2"
):
    """One application of one consumer."""

    transformations = (Transformation(_hash, inputs=("hash_secret",), needs=("client_secret",)),)

    id: Uuid
    created_at: CreatedAt
    consumer: Annotated[ForeignKey, Foreign("consumers", on_delete="cascade")]
    """Whose application it is."""
    name: str
    """The application's name, as it is shown to people."""
    client_id: Annotated[str, Optional(), Unique(), Auto()]
    """The application's id; made up when it is left out."""
    client_secret: Annotated[str, Optional(), Auto(), Encrypted()]
    """The application's secret; made up when it is left out."""
    hash_secret: bool = False
    """Whether the secret is kept hashed."""
    redirect_uris: Annotated[list[Annotated[str, Custom(_redirect)]] | None, Optional()] = None
    """Where people may be sent back to."""
    tags: Tags | None = None
    client_type: Annotated[str, OneOf("confidential", "public")] = "confidential"
    """Whether the application can keep a secret."""
