"""basic-auth: names and passwords in both headers, refusals, hiding."""

import base64
from typing import Any

import pytest

from tests.plugins.stored import Stored

GIVEN: dict[str, list[dict[str, Any]]] = {
    "consumers": [{"username": "bob"}],
    "basicauth_credentials": [
        {"username": "bob", "password": "pass:word", "consumer": "bob"},
        {"username": "ünï", "password": "çode", "consumer": "bob"},
    ],
    "routes": [
        {"name": name, "paths": [f"/{name}"], "service": "echo"} for name in ("plain", "hide", "anonymous")
    ],
    "plugins": [
        {"name": "basic-auth", "route": "plain"},
        {"name": "basic-auth", "route": "hide", "config": {"hide_credentials": True}},
        {"name": "basic-auth", "route": "anonymous", "config": {"anonymous": "bob"}},
    ],
}


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode("utf-8", "surrogateescape")).decode()


WRONG = "Invalid authentication credentials"


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({}, "Unauthorized"),
        ({"Authorization": basic("bob:pass:word")}, None),
        ({"Authorization": basic("bob:pass:word").replace("Basic", "basic")}, None),
        ({"Proxy-Authorization": basic("bob:pass:word")}, None),
        ({"Authorization": basic("bob:pass:word").rstrip("=")}, None),
        ({"Authorization": basic("bob:pass:word") + "="}, None),
        ({"Proxy-Authorization": basic("nobody:x"), "Authorization": basic("bob:pass:word")}, None),
        ({"Proxy-Authorization": basic("bob:wrong"), "Authorization": basic("bob:pass:word")}, WRONG),
        ({"Authorization": basic("ünï:çode")}, None),
        ({"Authorization": basic("bob:\udcff")}, WRONG),
        ({"Authorization": basic("\udcff:word")}, WRONG),
        ({"Authorization": basic("bob:wrong")}, WRONG),
        ({"Authorization": basic("bob:")}, WRONG),
        ({"Authorization": basic("nobody:pass:word")}, WRONG),
        ({"Authorization": basic("bob")}, WRONG),
        ({"Authorization": "Basic !!!"}, WRONG),
        ({"Authorization": "Bearer abc"}, WRONG),
    ],
)
def test_access(gateway: Stored, headers: dict[str, str], refusal: str | None) -> None:
    answer = gateway.get("/plain", headers)
    assert answer.status == (401 if refusal else 200)
    if refusal:
        assert answer.json()["message"] == refusal
        shown = 'Basic realm="kong"' if refusal == "Unauthorized" else None
        assert answer.headers["WWW-Authenticate"] == shown


def test_upstream_is_told_the_user_name(gateway: Stored) -> None:
    gateway.get("/plain", {"Authorization": basic("bob:pass:word")})
    assert gateway.upstream.last.headers["X-Credential-Identifier"] == "bob"
    assert gateway.upstream.last.headers["Authorization"] == basic("bob:pass:word")


def test_hiding(gateway: Stored) -> None:
    gateway.get("/hide", {"Authorization": basic("bob:pass:word")})
    assert gateway.upstream.last.headers["Authorization"] is None


def test_anonymous(gateway: Stored) -> None:
    assert gateway.get("/anonymous", {"Authorization": basic("bob:no")}).status == 200
    assert gateway.upstream.last.headers["X-Anonymous-Consumer"] == "true"
