"""Certificates with their keys, for TLS with clients and with upstreams."""

from typing import Annotated, Any

from gopura.schema import (
    CertificateText,
    CreatedAt,
    CustomCheck,
    Encrypted,
    Entity,
    KeyText,
    MutuallyRequired,
    Optional,
    Referenceable,
    Tags,
    UpdatedAt,
    Uuid,
)
from gopura.schema.types.certificate import key_kind, matches


def _pair(row: dict[str, Any]) -> str | None:
    return None if matches(row["cert"], row["key"]) else "certificate does not match key"


def _alternative_pair(row: dict[str, Any]) -> str | None:
    cert, key = row["cert_alt"], row["key_alt"]
    if cert is None or key is None:
        return None
    return None if matches(cert, key) else "alternative certificate does not match key"


def _kinds(row: dict[str, Any]) -> str | None:
    cert, alternative = row["cert"], row["cert_alt"]
    if cert is None or alternative is None or key_kind(cert) != key_kind(alternative):
        return None
    return (
        "certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), "
        "the provided certificates were both of the same type"
    )


class Certificate(Entity, name="certificates"):
    """A certificate and its key, perhaps a second pair of another kind of key."""

    checks = (
        MutuallyRequired("cert_alt", "key_alt"),
        CustomCheck("cert", "key", check=_pair),
        CustomCheck("cert_alt", "key_alt", check=_alternative_pair),
        CustomCheck("cert", "cert_alt", check=_kinds),
    )

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    cert: Annotated[CertificateText, Referenceable()]
    """The certificate, followed by those that sign it."""
    key: Annotated[KeyText, Referenceable(), Encrypted()]
    """The certificate's private key."""
    cert_alt: Annotated[CertificateText | None, Optional(), Referenceable()] = None
    """A second certificate whose key is of another kind, for clients that prefer it."""
    key_alt: Annotated[KeyText | None, Optional(), Referenceable(), Encrypted()] = None
    """The second certificate's private key."""
    tags: Tags | None = None
