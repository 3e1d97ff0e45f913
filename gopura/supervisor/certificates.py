"""Certificates that listeners show when no other fits: configured ones, or a generated RSA and ECDSA pair."""

from __future__ import annotations

import base64
import binascii
import datetime
import ipaddress
import os
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gopura.settings import Settings

Pair = tuple[str, str]
_LISTENERS = {"proxy_listen": "ssl", "admin_listen": "admin_ssl", "status_listen": "status_ssl"}
_YEARS = 20


class CertificateError(Exception):
    """A configured certificate or key cannot be used; the text names the setting."""


def certificates(settings: Settings, names: list[str]) -> dict[str, list[Pair]]:
    """Pairs of paths (certificate, key) for each listen setting that has TLS."""
    return {name: _pairs(settings, _LISTENERS[name]) for name in names if _has_tls(settings, name)}


def _has_tls(settings: Settings, name: str) -> bool:
    return any(listener.has("ssl") for listener in settings.listeners(name))


def _pairs(settings: Settings, prefix: str) -> list[Pair]:
    sources = list(zip(settings.get(f"{prefix}_cert"), settings.get(f"{prefix}_cert_key"), strict=True))
    if not sources:
        return [_generated(settings.path("ssl"), kind) for kind in ("rsa", "ecdsa")]
    return [_configured(settings, prefix, number, *source) for number, source in enumerate(sources, 1)]


def _configured(settings: Settings, prefix: str, number: int, certificate: str, key: str) -> Pair:
    stem = settings.path("ssl", f"{prefix}-{number}")
    certificate_path = _file(f"{prefix}_cert", certificate, stem.with_suffix(".crt"))
    key_path = _file(f"{prefix}_cert_key", key, stem.with_suffix(".key"))
    return str(certificate_path), str(key_path)


def _file(name: str, source: str, place: Path) -> Path:
    """The path of a file, or of one made in the prefix from a PEM text or its base64."""
    with suppress(OSError):
        path = Path(source).expanduser().absolute()
        _check(name, name.endswith("_key"), path.read_bytes())
        return path
    pem = source.encode() if "-----BEGIN" in source else _decoded(source)
    _check(name, name.endswith("_key"), pem)
    _write_private(place, pem)
    return place


def _decoded(source: str) -> bytes:
    try:
        return base64.b64decode(source, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _check(name: str, is_key: bool, pem: bytes) -> None:
    try:
        if is_key:
            load_pem_private_key(pem, None)
        else:
            x509.load_pem_x509_certificates(pem)
    except (ValueError, TypeError):
        raise CertificateError(f"{name} is neither a readable file nor a PEM text nor its base64") from None


def _generated(folder: Path, kind: str) -> Pair:
    stem = "default" if kind == "rsa" else "default-ecdsa"
    certificate, key = folder / f"{stem}.crt", folder / f"{stem}.key"
    if not (certificate.exists() and key.exists()):
        private = (
            rsa.generate_private_key(65537, 2048)
            if kind == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        _write_private(key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        certificate.write_bytes(_self_signed(private).public_bytes(Encoding.PEM))
    return str(certificate), str(key)


def _self_signed(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    loopback = [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ("127.0.0.1", "::1")]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * _YEARS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *loopback]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
