import hashlib
from typing import Any

import pytest

from gopura import entities
from gopura.entities.oauth2_credentials import hashed
from gopura.schema import insert
from tests.entities.make import public_pem, rsa_key
from tests.entities.refusals import fields_of

CONSUMER = {"id": "0a000000-0000-4000-8000-00000000000f"}
CONDITION = "failed conditional validation given value of field 'algorithm'"

REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("keyauth_credentials", {}, {}),
    ("keyauth_credentials", {"consumer": None}, {"consumer": "required field missing"}),
    ("basicauth_credentials", {}, {"username": "required field missing", "password": "required field missing"}),
    ("hmacauth_credentials", {"username": "a"}, {}),
    ("jwt_secrets", {}, {}),
    ("jwt_secrets", {"algorithm": "none"},
     {"algorithm": "expected one of: HS256, HS384, HS512, RS256, RS384, RS512, ES256, ES384"}),
    ("jwt_secrets", {"algorithm": "RS256"}, {"rsa_public_key": "required field missing", "@entity": [CONDITION]}),
    ("jwt_secrets", {"algorithm": "RS256", "rsa_public_key": "x"},
     {"rsa_public_key": "invalid key", "@entity": [CONDITION]}),
    ("jwt_secrets", {"algorithm": "RS256", "rsa_public_key": public_pem(rsa_key())}, {}),
    ("oauth2_credentials", {"name": "a", "redirect_uris": ["http://a.test/b"]}, {}),
    ("oauth2_credentials", {"name": "a", "redirect_uris": ["nope"]}, {"redirect_uris": ["cannot parse 'nope'"]}),
    ("oauth2_credentials", {"name": "a", "redirect_uris": ["http://a.test/#x"]},
     {"redirect_uris": ["fragment not allowed in 'http://a.test/#x'"]}),
    ("oauth2_credentials", {"name": "a", "client_type": "x"}, {"client_type": "expected one of: confidential, public"}),
    ("acls", {}, {"group": "required field missing"}),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "given", "fields"), REFUSED)
def test_refused(entity: str, given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of(entity, {"consumer": CONSUMER, **given}) == fields


@pytest.mark.parametrize(
    ("entity", "given", "made_up"),
    [
        ("keyauth_credentials", {}, ["key"]),
        ("hmacauth_credentials", {"username": "a"}, ["secret"]),
        ("jwt_secrets", {}, ["key", "secret"]),
        ("oauth2_credentials", {"name": "a"}, ["client_id", "client_secret"]),
    ],
)
def test_secrets_are_made_up(entity: str, given: dict[str, Any], made_up: list[str]) -> None:
    first, second = (insert(entities.get(entity), {"consumer": CONSUMER, **given}) for _ in range(2))
    assert all(len(first[name]) == 32 and first[name] != second[name] for name in made_up)


def test_passwords_are_hashed() -> None:
    row = insert(
        entities.get("basicauth_credentials"), {"consumer": CONSUMER, "username": "a", "password": "p"}
    )
    assert row["password"] == hashlib.sha1(("p" + CONSUMER["id"]).encode()).hexdigest()


def test_client_secrets_are_hashed_on_demand() -> None:
    given = {"consumer": CONSUMER, "name": "a", "client_secret": "s"}
    assert insert(entities.get("oauth2_credentials"), given)["client_secret"] == "s"
    secret = insert(entities.get("oauth2_credentials"), {**given, "hash_secret": True})["client_secret"]
    assert secret.startswith("$pbkdf2-sha512$i=10000,l=32$")
    assert hashed("s", b"0123456789abcdef").count("$") == 4
