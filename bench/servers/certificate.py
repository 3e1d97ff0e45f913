"""A self-signed certificate for the TLS cases."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificate:
    """Where the certificate and its key lie; `both` holds the two in one file."""

    chain: Path
    key: Path
    both: Path


def create(folder: Path) -> Certificate:
    """Make a P-256 certificate for localhost in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    signed = builder.not_valid_after(now + timedelta(days=2)).sign(key, hashes.SHA256())
    chain_pem = signed.public_bytes(serialization.Encoding.PEM)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate = Certificate(folder / "server.crt", folder / "server.key", folder / "server.pem")
    certificate.chain.write_bytes(chain_pem)
    certificate.key.write_bytes(key_pem)
    certificate.both.write_bytes(chain_pem + key_pem)
    return certificate
