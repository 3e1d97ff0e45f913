"""JSON Web Keys (RFC 7517)."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519

_CURVES: dict[str, Callable[[], ec.EllipticCurve]] = {
    "P-256": ec.SECP256R1,
    "P-384": ec.SECP384R1,
    "P-521": ec.SECP521R1,
    "secp256k1": ec.SECP256K1,
}

_OCTET_CURVES: dict[str, tuple[Any, Any]] = {
    "Ed25519": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
    "Ed448": (ed448.Ed448PublicKey, ed448.Ed448PrivateKey),
    "X25519": (x25519.X25519PublicKey, x25519.X25519PrivateKey),
    "X448": (x448.X448PublicKey, x448.X448PrivateKey),
}


def is_key(jwk: dict[str, Any]) -> bool:
    """Whether the members make a key: RSA, elliptic curve or octet key pair, public or private."""
    load = _LOADERS.get(str(jwk.get("kty")))
    try:
        return load is not None and load(jwk) is not None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return False


def _octets(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars="-_", validate=True)


def _number(text: str) -> int:
    return int.from_bytes(_octets(text), "big")


def _rsa(jwk: dict[str, Any]) -> object:
    public = rsa.RSAPublicNumbers(_number(jwk["e"]), _number(jwk["n"]))
    if "d" not in jwk:
        return public.public_key()
    d = _number(jwk["d"])
    if "p" in jwk and "q" in jwk:
        p, q = _number(jwk["p"]), _number(jwk["q"])
    else:
        p, q = rsa.rsa_recover_prime_factors(public.n, public.e, d)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    )
    return numbers.private_key()


def _elliptic(jwk: dict[str, Any]) -> object:
    public = ec.EllipticCurvePublicNumbers(_number(jwk["x"]), _number(jwk["y"]), _CURVES[jwk["crv"]]())
    if "d" not in jwk:
        return public.public_key()
    return ec.EllipticCurvePrivateNumbers(_number(jwk["d"]), public).private_key()


def _octet_pair(jwk: dict[str, Any]) -> object:
    public, private = _OCTET_CURVES[jwk["crv"]]
    if "d" in jwk:
        return private.from_private_bytes(_octets(jwk["d"]))
    return public.from_public_bytes(_octets(jwk["x"]))


_LOADERS: dict[str, Callable[[dict[str, Any]], object]] = {"RSA": _rsa, "EC": _elliptic, "OKP": _octet_pair}
