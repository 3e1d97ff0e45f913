"""Certificates that are made no more, but are still there."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

KEYS: dict[str, Callable[[], Key]] = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "k256": lambda: ec.generate_private_key(ec.SECP256K1()),
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "rsa1024": lambda: rsa.generate_private_key(65537, 1024),
}


@dataclass(frozen=True)
class Old:
    """A certificate for a name, signed with its own key: of a kind of key, with or without what is usual today."""

    kind: str = "p256"
    names: bool = True
    """With the subject alternative name."""
    version: int = 3

    def write(self, folder: Path, name: str = "up.test") -> tuple[Path, Path]:
        """Paths of the certificate and of the key."""
        key = KEYS[self.kind]()
        paths = folder / f"{name}.{self.kind}.crt", folder / f"{name}.{self.kind}.key"
        paths[0].write_text(self._certificate(key, name))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths

    def _certificate(self, key: Key, name: str) -> str:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=2))
            .not_valid_after(now + datetime.timedelta(days=30))
        )
        if self.names:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        made = builder.sign(key, hashes.SHA256())
        if self.version == 1:
            made = _version_1(made, key)
        return made.public_bytes(serialization.Encoding.PEM).decode()


def _version_1(made: x509.Certificate, key: Key) -> x509.Certificate:
    """The same without the field for the version, whose default is 1; the library makes version 3 only."""
    _, content = _value(made.tbs_certificate_bytes)
    fields = _encoded(0x30, content[5:])  # a0 03 02 01 02: version 3
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(fields, padding.PKCS1v15(), hashes.SHA256())
    else:
        signature = key.sign(fields, ec.ECDSA(hashes.SHA256()))
    whole = made.public_bytes(serialization.Encoding.DER)
    start = whole.index(made.tbs_certificate_bytes) + len(made.tbs_certificate_bytes)
    algorithm = whole[start : start + 2 + whole[start + 1]]
    der = _encoded(0x30, fields + algorithm + _encoded(0x03, b"\0" + signature))
    found = x509.load_der_x509_certificate(der)
    assert found.version is x509.Version.v1
    return found


def _value(der: bytes) -> tuple[int, bytes]:
    width = der[1] & 0x7F if der[1] & 0x80 else 0
    return der[0], der[2 + width :]


def _encoded(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    wide = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(wide)]) + wide + content
