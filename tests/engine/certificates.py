"""Certificates for tests."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PEM = serialization.Encoding.PEM


def authority(folder: Path, name: str) -> tuple[Path, Path]:
    """Paths of a certificate for `name`, which is its own authority, and of its key."""
    return Signed.make(name, None, is_authority=None).write(folder)


@dataclass(frozen=True)
class Signed:
    """A certificate with its key, and who signed it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    issuer: Signed | None

    @classmethod
    def root(cls, name: str) -> Signed:
        """An authority of its own."""
        return cls.make(name, None, is_authority=True)

    def sign(self, name: str, *, is_authority: bool = False) -> Signed:
        """Sign for another name."""
        return self.make(name, self, is_authority=is_authority)

    @classmethod
    def make(cls, name: str, issuer: Signed | None, *, is_authority: bool | None, days: int = 30) -> Signed:
        """Make a certificate; None leaves unsaid whether it is an authority's."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2))
            .not_valid_after(now + datetime.timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        )
        if is_authority is not None:
            builder = builder.add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        return cls(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key, issuer)

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(_PEM).decode()

    @property
    def chain(self) -> str:
        """The certificate and those above it, without the root."""
        above = self.issuer.chain if self.issuer and self.issuer.issuer else ""
        return self.pem + above

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Paths of the chain and of the key."""
        name = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        private = self.key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        paths = folder / f"{name!s}.crt", folder / f"{name!s}.key"
        paths[0].write_text(self.chain)
        paths[1].write_bytes(private)
        return paths
