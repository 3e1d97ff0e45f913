"""JSON Web Signatures in their compact form (RFC 7515), and the signatures of RFC 7518."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from gopura.schema.types.certificate import public_key

Verifier = Callable[[bytes, bytes, bytes], bool]
"""Says whether a key (secret or PEM text) signed these bytes so: key, signed bytes, signature."""


@dataclass(frozen=True)
class Token:
    """A token's parts; nothing of it is proven yet."""

    header: dict[str, Any]
    claims: dict[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def read(cls, text: str) -> Token:
        """Take a token apart; ValueError says what is wrong with it."""
        header_text, claims_text, signature_text = _three(text)
        header, claims = _json(header_text), _json(claims_text)
        if not isinstance(header, dict):
            raise ValueError("invalid JSON")  # noqa: TRY004 - bad data, not a bad call
        if not isinstance(header.get("alg"), str) or header["alg"] not in VERIFIERS:
            raise ValueError("invalid alg")
        if not isinstance(claims, dict):
            raise ValueError("invalid claims")  # noqa: TRY004
        signature = part(signature_text)
        if signature is None:
            raise ValueError("invalid signature")
        return cls(header, claims, f"{header_text}.{claims_text}".encode(), signature)


def verify(algorithm: str, key: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether `key` made this signature. The algorithm is the key's: never take the token's word for it."""
    return VERIFIERS[algorithm](key, signed, signature)


def base64url(text: str) -> bytes | None:
    """Decode base64 of the URL alphabet, padded or not; None when malformed."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None


def part(text: str) -> bytes | None:
    """Decode a part of a token; None unless it is the one way to write these bytes (but for padding)."""
    decoded = base64url(text)
    if decoded is None or base64.urlsafe_b64encode(decoded).rstrip(b"=") != text.rstrip("=").encode():
        return None
    return decoded


def _three(text: str) -> tuple[str, str, str]:
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise ValueError("invalid JSON")
    return parts[0], parts[1], parts[2]


def _json(text: str) -> Any:
    try:
        return orjson.loads(part(text) or b"")
    except orjson.JSONDecodeError:
        raise ValueError("invalid JSON") from None


def _hs(digest: str) -> Verifier:
    def check(key: bytes, signed: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(key, signed, digest), signature)

    return check


def _rs(hash_: hashes.HashAlgorithm) -> Verifier:
    def check(pem: bytes, signed: bytes, signature: bytes) -> bool:
        key = _key(pem)
        if not isinstance(key, rsa.RSAPublicKey):
            return False
        return _holds(lambda: key.verify(signature, signed, padding.PKCS1v15(), hash_))

    return check


def _es(hash_: hashes.HashAlgorithm, curve: type[ec.EllipticCurve], size: int) -> Verifier:
    def check(pem: bytes, signed: bytes, signature: bytes) -> bool:
        key = _key(pem)
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, curve):
            return False
        if len(signature) != 2 * size:
            return False
        r, s = (int.from_bytes(half, "big") for half in (signature[:size], signature[size:]))
        return _holds(lambda: key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hash_)))

    return check


def _holds(attempt: Callable[[], None]) -> bool:
    try:
        attempt()
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=10_000)
def _key(pem: bytes) -> PublicKeyTypes | None:
    try:
        return public_key(pem.decode())
    except ValueError:
        return None


VERIFIERS: dict[str, Verifier] = {
    "HS256": _hs("sha256"),
    "HS384": _hs("sha384"),
    "HS512": _hs("sha512"),
    "RS256": _rs(hashes.SHA256()),
    "RS384": _rs(hashes.SHA384()),
    "RS512": _rs(hashes.SHA512()),
    "ES256": _es(hashes.SHA256(), ec.SECP256R1, 32),
    "ES384": _es(hashes.SHA384(), ec.SECP384R1, 48),
}
"""By the algorithm's name in RFC 7518."""
