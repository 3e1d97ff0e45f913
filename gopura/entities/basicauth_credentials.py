"""User names and passwords that consumers present to the basic-auth plugin."""

import hashlib
from typing import Annotated, Any

from gopura.schema import (
    CreatedAt,
    Encrypted,
    Entity,
    Foreign,
    ForeignKey,
    Tags,
    Transformation,
    Unique,
    Uuid,
)


def hashed(consumer: str, password: str) -> str:
    """The form in which a password is kept: Kong's, so that existing rows go on working."""
    salted = (password + consumer).encode("utf-8", "surrogateescape")
    return hashlib.sha1(salted, usedforsecurity=False).hexdigest()


def _hash(password: str, consumer: str) -> dict[str, Any]:
    return {"password": hashed(consumer, password)}


class BasicAuthCredential(
    Entity,
    name="basicauth_credentials",
    endpoint_key="username",
    cache_key=("username",),
    admin_name="basic-auths",
    nested_name="basic-auth",
):
    """One user name of one consumer."""

    transformations = (Transformation(_hash, inputs=("password",), needs=("consumer.id",)),)

    id: Uuid
    created_at: CreatedAt
    consumer: Annotated[ForeignKey, Foreign("consumers", on_delete="cascade")]
    """Whose name it is."""
    username: Annotated[str, Unique()]
    """The user name."""
    password: Annotated[str, Encrypted()]
    """The password; kept hashed."""
    tags: Tags | None = None
