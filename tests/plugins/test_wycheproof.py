"""Wycheproof's vectors through the functions with which jwt and hmac-auth look at signatures."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gopura.plugin import jws
from gopura.plugins import hmac_auth

MODULE = "github.com/c2sp/wycheproof"
PLACE = Path(__file__).parent / "wycheproof"
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
BITS = {"SHA-256": 256, "SHA-384": 384, "SHA-512": 512}

CONTRADICTORY = (367, 370, 372, 373)
"""The same well-formed token called invalid for its padding, and valid with characters that base64 does not have."""

Group = dict[str, Any]
Case = dict[str, Any]
Accepts = Callable[[Group, Case], bool]


@pytest.fixture(scope="module")
def vectors() -> Path:
    go = shutil.which("go")
    assert go, "Go fetches the vectors: run `make test`, which brings it"
    words = [go, "mod", "download", "-json", MODULE]
    done = subprocess.run(words, cwd=PLACE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return Path(json.loads(done.stdout)["Dir"]) / "testvectors_v1"


def cases(vectors: Path, name: str) -> Iterator[tuple[Group, Case]]:
    """All cases but those that may go either way."""
    for group in json.loads((vectors / f"{name}_test.json").read_text())["testGroups"]:
        for case in group["tests"]:
            if case["result"] != "acceptable":
                yield group, case


def mistakes(vectors: Path, name: str, accepts: Accepts, valid: Accepts) -> tuple[int, list[Case]]:
    """How many cases there are, and those that came out wrong."""
    found = list(cases(vectors, name))
    return len(found), [case for group, case in found if accepts(group, case) != valid(group, case)]


def is_valid(_group: Group, case: Case) -> bool:
    return bool(case["result"] == "valid")


@pytest.mark.parametrize("bits", [1, 256, 384, 512])
def test_hmac(bits: int, vectors: Path) -> None:
    size = {1: 160}.get(bits, bits)

    def accepts(group: Group, case: Case) -> bool:
        key, signed, signature = (bytes.fromhex(case[name]) for name in ("key", "msg", "tag"))
        found = hmac_auth.matches(f"hmac-sha{bits}", key, signed, signature)
        if bits != 1:
            assert found == jws.verify(f"HS{bits}", key, signed, signature)
        return found

    def valid(group: Group, case: Case) -> bool:
        return is_valid(group, case) and group["tagSize"] == size  # a part of a signature is none

    count, wrong = mistakes(vectors, f"hmac_sha{bits}", accepts, valid)
    assert (count > 100, wrong) == (True, [])


KEYS = [
    *(f"rsa_signature_{size}_sha{bits}" for size in (2048, 3072, 4096, 8192) for bits in (256, 384, 512)),
    "ecdsa_secp256r1_sha256_p1363",
    "ecdsa_secp384r1_sha384_p1363",
]


@pytest.mark.parametrize("name", KEYS)
def test_public_keys(name: str, vectors: Path) -> None:
    def accepts(group: Group, case: Case) -> bool:
        algorithm = f"{'RS' if name.startswith('rsa') else 'ES'}{BITS[group['sha']]}"
        key, signed, signature = group["publicKeyPem"].encode(), case["msg"], case["sig"]
        return jws.verify(algorithm, key, bytes.fromhex(signed), bytes.fromhex(signature))

    count, wrong = mistakes(vectors, name, accepts, is_valid)
    assert (count > 100, wrong) == (True, [])


def key_of(group: Group) -> bytes | None:
    """The group's key as a credential would have it: a secret, or a public key as PEM text."""
    described = group.get("public") or group["private"]
    if described["kty"] == "oct":
        return jws.base64url(described["k"])
    number = {
        name: int.from_bytes(jws.base64url(described[name]) or b"") for name in described.keys() & set("enxy")
    }
    key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey
    if described["kty"] == "RSA":
        key = rsa.RSAPublicNumbers(number["e"], number["n"]).public_key()
    else:
        key = ec.EllipticCurvePublicNumbers(number["x"], number["y"], CURVES[described["crv"]]).public_key()
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def accepts_token(group: Group, case: Case) -> bool:
    """As the plugin does, but for the claims, which these tokens do not have."""
    algorithm, parts = (group.get("public") or group["private"])["alg"], case["jws"].split(".", 2)
    if len(parts) != 3:
        return False
    header, payload, signature = (jws.part(text) for text in parts)
    if header is None or payload is None or signature is None:
        return False
    try:
        named = json.loads(header)["alg"]
    except (ValueError, KeyError, TypeError):
        return False
    key = key_of(group)
    return (
        key is not None
        and named == algorithm
        and jws.verify(algorithm, key, f"{parts[0]}.{parts[1]}".encode(), signature)
    )


def test_tokens(vectors: Path) -> None:
    counted = 0
    for group, case in cases(vectors, "json_web_signature"):
        algorithm = (group.get("public") or group["private"]).get("alg")
        if algorithm in jws.VERIFIERS and case["tcId"] not in CONTRADICTORY:
            counted += 1
            assert accepts_token(group, case) == is_valid(group, case), (group["comment"], case)
    assert counted > 100
