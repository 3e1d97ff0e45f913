import base64
import json
from typing import Any

import pytest

from tests.entities.make import ec_key, private_pem, public_pem, rsa_key
from tests.entities.refusals import fields_of


def _encoded(number: int, length: int = 0) -> str:
    size = length or (number.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()


RSA = rsa_key().public_key().public_numbers()
EC = ec_key().public_key().public_numbers()
RSA_JWK = {"kty": "RSA", "kid": "k", "n": _encoded(RSA.n), "e": _encoded(RSA.e)}
EC_JWK = {"kty": "EC", "kid": "k", "crv": "P-256", "x": _encoded(EC.x, 32), "y": _encoded(EC.y, 32)}
PEM = {"private_key": private_pem(rsa_key()), "public_key": public_pem(rsa_key())}
NO_KEY = {"@entity": ["could not load JWK, likely not a valid key"]}

CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"jwk": json.dumps(RSA_JWK)}, {}),
    ({"jwk": json.dumps(EC_JWK)}, {}),
    ({"jwk": json.dumps({**EC_JWK, "x5t#S256": "abc"})}, {}),
    ({"jwk": "{vault://env/jwk}"}, {}),
    ({"pem": PEM}, {}),
    ({"pem": {"public_key": public_pem(rsa_key())}}, {}),
    ({"pem": {"private_key": private_pem(rsa_key())}}, {}),
    ({"pem": {"public_key": "{vault://env/key}"}}, {}),
    ({}, {"@entity": ["at least one of these fields must be non-empty: 'pem', 'jwk'"]}),
    ({"jwk": json.dumps(RSA_JWK), "pem": PEM},
     {"@entity": ["only one or none of these fields must be set: 'pem', 'jwk'"]}),
    ({"jwk": "{"}, {"@entity": ["could not json decode jwk string"]}),
    ({"jwk": json.dumps({**RSA_JWK, "kid": "other"})}, {"@entity": ["kid in jwk.kid must be equal to keys.kid"]}),
    ({"jwk": json.dumps({"kid": "k"})}, NO_KEY),
    ({"jwk": json.dumps({**RSA_JWK, "n": "!"})}, NO_KEY),
    ({"jwk": json.dumps({**EC_JWK, "y": EC_JWK["x"]})}, NO_KEY),
    ({"jwk": json.dumps({**RSA_JWK, "use": 1})}, {"@entity": ["Validation error: use: expected a string"]}),
    ({"jwk": RSA_JWK}, {"jwk": "expected a string"}),
    ({"pem": {"public_key": "x"}}, {"pem": "could not load public key"}),
    ({"pem": {}}, {"@entity": ["need to supply a PEM formatted public and/or private key."]}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fields"), CASES)
def test_cases(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of("keys", {"kid": "k", **given}) == fields


def test_a_private_key_that_cannot_be_read() -> None:
    message = fields_of("keys", {"kid": "k", "pem": {"private_key": "x"}})["pem"]
    assert message.startswith("could not load private key")
