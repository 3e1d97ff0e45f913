"""Certificates and private keys in PEM form."""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes

from gopura.schema.rules import Custom, Description

BEGIN = "-----BEGIN CERTIFICATE-----"


@lru_cache(maxsize=1024)
def certificate(pem: str) -> x509.Certificate:
    """The first certificate in the text; raises ValueError."""
    return x509.load_pem_x509_certificate(pem.encode())


@lru_cache(maxsize=1024)
def private_key(pem: str) -> PrivateKeyTypes:
    """The private key in the text; raises ValueError."""
    try:
        return serialization.load_pem_private_key(pem.encode(), password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None


def public_key(pem: str) -> PublicKeyTypes:
    """The public key in the text, which may be a private key or a public one; raises ValueError."""
    try:
        return serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        return private_key(pem).public_key()


def public_bytes(key: PublicKeyTypes) -> bytes:
    """The key in its one binary form, to compare keys with."""
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def matches(cert: str, key: str) -> bool:
    """Whether the certificate was made for the key."""
    known = _known_key(cert)
    return known is not None and public_bytes(known) == public_bytes(private_key(key).public_key())


def key_kind(cert: str) -> type:
    """The kind of the certificate's key: RSA, elliptic curve..."""
    return type(_known_key(cert))


def _known_key(cert: str) -> PublicKeyTypes | None:
    """The certificate's key; None for one of a kind that no key here can be."""
    try:
        return certificate(cert).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def reason(load: Callable[[str], object], text: str) -> str | None:
    """Why the text cannot be loaded, in one line; None when it can."""
    try:
        load(text)
    except ValueError as error:
        return " ".join(str(error).split())
    return None


def _certificate(pem: str) -> str | None:
    why = reason(certificate, pem)
    return why and f"invalid certificate: x509.new: crypto/pem: {why}"


def _key(pem: str) -> str | None:
    why = reason(private_key, pem)
    return why and f"invalid key: pkey.new: crypto/pem: {why}"


CertificateText = Annotated[
    str, Custom(_certificate), Description("A certificate, or a chain of them, in PEM form.")
]
KeyText = Annotated[str, Custom(_key), Description("A private key in PEM form.")]
