"""Certificates that listeners show when no other fits: configured ones, or a generated RSA and ECDSA pair."""

from __future__ import annotations

import datetime
import ipaddress
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gopura.settings import Settings
from gopura.supervisor.key_files import CertificateError, check_key_files, pem_of
from gopura.supervisor.own_files import read_own, write_own
from gopura.supervisor.user import User

Pair = tuple[str, str]
_LISTENERS = {"proxy_listen": "ssl", "admin_listen": "admin_ssl", "status_listen": "status_ssl"}
_YEARS = 20


def certificates(settings: Settings, names: list[str], user: User | None = None) -> dict[str, list[Pair]]:
    """Pairs of paths (certificate, key) for each listen setting that has TLS; `user` may read them all.

    CertificateError when anything that a node reads of this kind cannot be used.
    """
    if faults := list(check_key_files(settings)):
        raise CertificateError("\n".join(faults))
    return {name: _pairs(settings, _LISTENERS[name], user) for name in names if _has_tls(settings, name)}


def client_pair(settings: Settings, user: User | None) -> dict[str, str]:
    """The settings of the certificate that upstreams are shown, so that `user` may read both files."""
    if user is None or not (settings.client_ssl and settings.client_ssl_cert):
        return {}
    sources = (settings.client_ssl_cert, settings.client_ssl_cert_key)
    certificate, key = _configured(settings, "client_ssl", 1, sources, user)
    return {"client_ssl_cert": certificate, "client_ssl_cert_key": key}


def _has_tls(settings: Settings, name: str) -> bool:
    return any(listener.has("ssl") for listener in settings.listeners(name))


def _pairs(settings: Settings, prefix: str, user: User | None) -> list[Pair]:
    sources = zip(settings.get(f"{prefix}_cert"), settings.get(f"{prefix}_cert_key"), strict=True)
    found = [_configured(settings, prefix, number, source, user) for number, source in enumerate(sources, 1)]
    return found or [_generated(settings.path("ssl"), kind, user) for kind in ("rsa", "ecdsa")]


def _configured(settings: Settings, prefix: str, number: int, sources: Pair, user: User | None) -> Pair:
    """The paths of files as configured, or of copies in the prefix: of texts, and of what only root can read."""
    stem = settings.path("ssl", f"{prefix}-{number}")
    certificate = _file(f"{prefix}_cert", sources[0], stem.with_suffix(".crt"), user)
    return certificate, _file(f"{prefix}_cert_key", sources[1], stem.with_suffix(".key"), user)


def _file(name: str, source: str, copy: Path, user: User | None) -> str:
    path, pem = pem_of(name, source)
    if path is not None and user is None:
        copy.unlink(missing_ok=True)  # of a time when the processes ran as another user, who may read it
        return str(path)
    _write_private(copy, pem, user)
    return str(copy)


def _generated(folder: Path, kind: str, user: User | None) -> Pair:
    stem = "default" if kind == "rsa" else "default-ecdsa"
    certificate, key = folder / f"{stem}.crt", folder / f"{stem}.key"
    if not (certificate.exists() and key.exists()):
        private = (
            rsa.generate_private_key(65537, 2048)
            if kind == "rsa"
            else ec.generate_private_key(ec.SECP256R1())
        )
        _write_private(key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), user)
        write_own(certificate, _self_signed(private).public_bytes(Encoding.PEM))
    elif not _is_private(key, user):
        _write_private(key, read_own(key), user)
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


def _is_private(path: Path, user: User | None) -> bool:
    found = path.stat()
    return found.st_uid == (user.uid if user else os.geteuid()) and not found.st_mode & 0o077


def _write_private(path: Path, data: bytes, user: User | None) -> None:
    """For one user alone, whose group others may be in: the one that the processes run as."""
    if user is None:
        write_own(path, data, 0o600)
    else:
        write_own(path, data, 0o400, user.uid)
