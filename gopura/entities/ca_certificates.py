"""Certificates of authorities, to verify others with."""

from datetime import UTC, datetime
from typing import Annotated, Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gopura.schema import (
    CertificateText,
    CreatedAt,
    CustomCheck,
    Entity,
    Tags,
    Transformation,
    Unique,
    UpdatedAt,
    Uuid,
)
from gopura.schema.types.certificate import BEGIN, certificate


def _digest(cert: str) -> dict[str, Any]:
    return {"cert_digest": certificate(cert).fingerprint(SHA256()).hex()}


def _authority(row: dict[str, Any]) -> str | None:
    if row["cert"].count(BEGIN) > 1:
        return "please submit only one certificate at a time"
    parsed = certificate(row["cert"])
    if parsed.not_valid_after_utc < datetime.now(UTC):
        return 'certificate expired, "Not After" time is in the past'
    if not _is_authority(parsed):
        return 'certificate does not appear to be a CA because it is missing the "CA" basic constraint'
    return None


def _is_authority(parsed: x509.Certificate) -> bool:
    try:
        return parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


class CaCertificate(Entity, name="ca_certificates", workspaceable=False):
    """One authority's certificate."""

    checks = (CustomCheck("cert", check=_authority),)
    transformations = (Transformation(_digest, inputs=("cert",)),)

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    cert: CertificateText
    """The certificate."""
    cert_digest: Annotated[str | None, Unique()] = None
    """The SHA-256 digest of the certificate, in hexadecimal; computed."""
    tags: Tags | None = None
