"""jwt: where tokens are found, how they are verified, what is refused."""

import base64
import hmac
import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.plugins.stored import Stored

RSA = rsa.generate_private_key(65537, 2048)
P256, P384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
HASHES: dict[str, hashes.HashAlgorithm] = {
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
NOW = int(time.time())
HOUR = 3600  # longer than any run of the tests: times are taken when they are collected


def encoded(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def sign(algorithm: str, signed: bytes, secret: bytes) -> bytes:
    kind, size = algorithm[:2], algorithm[2:]
    if kind == "HS":
        return hmac.digest(secret, signed, f"sha{size}")
    if kind == "RS":
        return RSA.sign(signed, padding.PKCS1v15(), HASHES[size])
    key, length = (P256, 32) if size == "256" else (P384, 48)
    parts = decode_dss_signature(key.sign(signed, ec.ECDSA(HASHES[size])))
    return b"".join(part.to_bytes(length, "big") for part in parts)


def token(algorithm: str = "HS256", secret: bytes = b"secret", says: str = "", **claims: Any) -> str:
    head = encoded({"typ": "JWT", "alg": says or algorithm})
    signed = f"{head}.{encoded({'iss': algorithm, **claims})}"
    return f"{signed}.{encoded(sign(algorithm, signed.encode(), secret))}"


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


KEYS = {name: {} for name in ("HS256", "HS384", "HS512")}
KEYS |= {name: {"rsa_public_key": pem(RSA)} for name in ("RS256", "RS384", "RS512")}
KEYS |= {"ES256": {"rsa_public_key": pem(P256)}, "ES384": {"rsa_public_key": pem(P384)}}
CREDENTIALS: list[dict[str, Any]] = [
    {"consumer": "bob", "key": name, "algorithm": name, "secret": "secret", **key}
    for name, key in KEYS.items()
]


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        "consumers": [{"username": "bob", "custom_id": "b"}, {"username": "guest"}],
        "jwt_secrets": CREDENTIALS,
        "plugins": [{"name": "jwt", "config": config}],
    }


def bearer(text: str) -> dict[str, str | list[str]]:
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.parametrize("algorithm", KEYS)
def test_algorithms(gateway: Stored, algorithm: str) -> None:
    gateway.configure(given())
    answer = gateway.get("/", bearer(token(algorithm)))
    assert answer.status == 200
    headers = gateway.upstream.last.headers
    assert (headers["X-Consumer-Username"], headers["X-Credential-Identifier"]) == ("bob", algorithm)


def forged(algorithm: str) -> str:
    head, claims, signature = token(algorithm).split(".")
    return f"{head}.{claims}.{'A' * len(signature)}"


REFUSED: list[tuple[str, str]] = [
    ("nope", "Bad token; invalid JSON"),
    ("a.b.c", "Bad token; invalid JSON"),
    (".".join(token().split(".")[:2]), "Bad token; invalid JSON"),
    (encoded({"alg": "none"}) + "." + encoded({"iss": "HS256"}) + ".", "Bad token; invalid alg"),
    (encoded({"alg": "HS256"}) + "." + encoded(b"[]") + ".", "Bad token; invalid claims"),
    (token() + "!", "Bad token; invalid signature"),
    (token(iss=""), "Invalid 'iss' in claims"),
    (token(iss=5), "Invalid 'iss' in claims"),
    (token(iss="other"), "No credentials found for given 'iss'"),
    (token("HS256", iss="HS512"), "Invalid algorithm"),
    (token("HS256", says="RS256", iss="RS256"), "Invalid signature"),
    (token("HS256", KEYS["RS256"].get("rsa_public_key", "").encode(), iss="RS256"), "Invalid algorithm"),
    (token("ES384", says="ES256", iss="ES256"), "Invalid signature"),
    (token(secret=b"guess"), "Invalid signature"),
    *((forged(algorithm), "Invalid signature") for algorithm in KEYS),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_refusals(gateway: Stored, text: str, message: str) -> None:
    gateway.configure(given())
    answer = gateway.get("/", bearer(text) | {"Accept": "text/html"})
    assert (answer.status, answer.json()) == (401, {"message": message})


Target = tuple[dict[str, Any], str, dict[str, str | list[str]], int]
PLACES: list[Target] = [
    ({}, "/", {}, 401),
    ({}, f"/?jwt={token()}", {}, 200),
    ({"uri_param_names": ["t"]}, f"/?jwt={token()}", {}, 401),
    ({"cookie_names": ["c"]}, "/", {"Cookie": f"a=b; c={token()}"}, 200),
    ({"header_names": ["x-jwt"]}, "/", {"X-Jwt": f"bearer {token()}"}, 200),
    ({"header_names": ["x-jwt"]}, "/", {"X-Jwt": token()}, 401),
    ({}, f"/?jwt={token()}", bearer(token()), 200),
    ({}, f"/?jwt={token('HS512')}", bearer(token()), 401),
    ({"header_names": ["x-jwt"]}, "/", {"X-Jwt": [f"bearer {token()}", f"bearer {token('HS512')}"]}, 401),
    ({"header_names": ["x-jwt"]}, "/", {"X-Jwt": [f"bearer {token()}", f"bearer {token()}"]}, 200),
    ({"header_names": ["x-jwt"]}, "/", {"X-Jwt": ["basic abc", f"bearer {token()}"]}, 200),
    ({"key_claim_name": "kid"}, "/", bearer(token(kid="HS256")), 200),
    ({"anonymous": "guest"}, "/", bearer("nope"), 200),
    ({"run_on_preflight": True}, "/", {}, 401),
]


@pytest.mark.parametrize(("config", "target", "headers", "status"), PLACES)
def test_places(
    gateway: Stored, config: dict[str, Any], target: str, headers: dict[str, str | list[str]], status: int
) -> None:
    gateway.configure(given(**config))
    assert gateway.get(target, headers).status == status


def test_preflight_may_pass(gateway: Stored) -> None:
    gateway.configure(given(run_on_preflight=False))
    assert gateway.request("OPTIONS", "/").status == 200
    assert gateway.get("/").status == 401


BOTH = {"claims_to_verify": ["exp", "nbf"]}
CLAIMS: list[tuple[dict[str, Any], dict[str, Any], dict[str, str] | None]] = [
    (BOTH, {}, {"exp": "must be a number", "nbf": "must be a number"}),
    (BOTH, {"exp": NOW + HOUR, "nbf": NOW - 1}, None),
    (BOTH, {"exp": NOW - 1, "nbf": NOW + HOUR}, {"exp": "token expired", "nbf": "token not valid yet"}),
    (BOTH, {"exp": True, "nbf": "1"}, {"exp": "must be a number", "nbf": "must be a number"}),
    (
        {"claims_to_verify": ["exp"], "maximum_expiration": 60},
        {"exp": NOW + 2 * HOUR},
        {"exp": "exceeds maximum allowed expiration"},
    ),
    ({"claims_to_verify": ["exp"], "maximum_expiration": 2 * HOUR}, {"exp": NOW + HOUR}, None),
]


@pytest.mark.parametrize(("config", "claims", "errors"), CLAIMS)
def test_claims(
    gateway: Stored, config: dict[str, Any], claims: dict[str, Any], errors: dict[str, str] | None
) -> None:
    gateway.configure(given(**config))
    answer = gateway.get("/", bearer(token(**claims)))
    assert answer.status == (401 if errors else 200)
    assert not errors or answer.json() == errors


@pytest.mark.parametrize(
    ("stored", "is_base64", "status"), [("YmluYXJ5", True, 200), ("YmluYXJ5", False, 401), ("!!", True, 401)]
)
def test_secrets(gateway: Stored, stored: str, is_base64: bool, status: int) -> None:
    credential = {"consumer": "bob", "key": "k", "secret": stored}
    gateway.configure(given(secret_is_base64=is_base64) | {"jwt_secrets": [credential]})
    assert gateway.get("/", bearer(token(secret=b"binary", iss="k"))).status == status
