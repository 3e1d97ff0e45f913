"""Certificates, keys and authorities that settings name: whether each can be read, and a key fits its certificate."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from gopura.settings import Settings

_LISTENERS = {"ssl": "proxy_listen", "admin_ssl": "admin_listen", "status_ssl": "status_listen"}
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_LONGEST_PATH = 256
_AUTHORITIES = ("lua_ssl_trusted_certificate", "nginx_http_proxy_ssl_trusted_certificate")


class CertificateError(Exception):
    """A configured certificate or key cannot be used; the text names the setting."""


def pem_of(name: str, source: str) -> tuple[Path | None, bytes]:
    """What a setting names: a file with its path, or a PEM text or its base64; CertificateError when it is none."""
    if "-----BEGIN" in source:
        return None, source.encode()
    with suppress(binascii.Error, ValueError):
        decoded = base64.b64decode("".join(source.split()), validate=True)
        if decoded.startswith(b"-----BEGIN"):
            return None, decoded
    path = Path(source).expanduser().absolute()
    try:
        return path, path.read_bytes()
    except OSError as error:
        shown = f"cannot read {_shown(source)}: {error.strerror}"
        raise CertificateError(f"{name}: {shown}; it is no PEM text nor its base64 either") from None


def _shown(source: str) -> str:
    """A path; not what may be a key in a wrong form: its base64 has no dot, and does not begin as a path does."""
    is_path = "." in source or source.startswith(("/", "~"))
    is_text = len(source) >= _LONGEST_PATH or re.search(r"\s", source)
    return source if is_path and not is_text else "the file that it should name"


def check_pair(name: str, certificate: bytes, key: bytes) -> None:
    """CertificateError unless both can be used, and belong together; `name` is the certificate's setting."""
    try:
        public = x509.load_pem_x509_certificate(certificate).public_key()
    except (ValueError, TypeError):
        raise CertificateError(f"{name} has no certificate in PEM form") from None
    try:
        own = load_pem_private_key(key, None).public_key()
    except (ValueError, TypeError):
        raise CertificateError(f"{name}_key has no private key in PEM form that needs no password") from None
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != own.public_bytes(*form):
        raise CertificateError(f"{name}_key is not the key of the certificate in {name}")


def check_key_files(settings: Settings) -> Iterator[str]:
    """What is wrong with the certificates, keys and authorities that this node would use."""
    for name, listening in _LISTENERS.items():
        if any(listener.has("ssl") for listener in settings.listeners(listening)):
            pairs = zip(settings.get(f"{name}_cert"), settings.get(f"{name}_cert_key"), strict=True)
            for certificate, key in pairs:
                yield from _pair_fault(f"{name}_cert", certificate, key)
    if settings.client_ssl:
        if settings.client_ssl_cert:
            yield from _pair_fault("client_ssl_cert", settings.client_ssl_cert, settings.client_ssl_cert_key)
        else:
            yield "client_ssl is on, and client_ssl_cert and client_ssl_cert_key are not set"
    for name in _AUTHORITIES:
        yield from _authority_faults(name, settings.get(name))


def _pair_fault(name: str, certificate: str, key: str) -> Iterator[str]:
    try:
        check_pair(name, pem_of(name, certificate)[1], pem_of(f"{name}_key", key)[1])
    except CertificateError as error:
        yield str(error)


def _authority_faults(name: str, sources: str | list[str] | None) -> Iterator[str]:
    for source in [sources] if isinstance(sources, str) else sources or []:
        # Without the system's own authorities nothing is verified, which only who asks for that needs.
        if source == "system":
            continue
        try:
            _, pem = pem_of(name, source)
        except CertificateError as error:
            yield str(error)
            continue
        if not any(map(_is_certificate, _BLOCK.findall(pem))):
            yield f"{name}: {_shown(source)} has no certificate in PEM form"


def _is_certificate(block: bytes) -> bool:
    """Bundles hold odd ones too, which are passed over as long as there are others."""
    try:
        x509.load_pem_x509_certificate(block)
    except ValueError:
        return False
    return True
