"""go-kong, Kong's client for Go: every kind of entity that it knows in an open gateway, through its life."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.clients.conftest import Deck, built
from tests.clients.test_deck_entities import self_signed, web_key
from tests.servers.gateway import Gateway

Value = dict[str, Any]
_PUBLIC_KEY = (
    rsa.generate_private_key(65537, 2048)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


def certificate(number: int) -> Value:
    """A certificate with its key and a name of its own."""
    cert, key = self_signed(authority=False)
    return {"cert": cert, "key": key, "snis": [f"c{number}.example.com"]}


PLUGINS = ["cors", "key-auth", "correlation-id"]
# kind: the path at which its parent is made, the nth entity, and a change of the first.
# PARENT becomes the id of the parent.
KINDS: dict[str, tuple[str | None, Any, Value]] = {
    "services": (None, lambda n: {"name": f"s{n}", "host": "a.internal", "port": 80 + n}, {"retries": 9}),
    "routes": (
        "services",
        lambda n: {"name": f"r{n}", "paths": [f"/{n}", "~/x$"], "service": {"id": "PARENT"}},
        {"methods": ["GET"], "strip_path": False},
    ),
    "consumers": (None, lambda n: {"username": f"c{n}", "custom_id": f"{n}"}, {"username": "other"}),
    "plugins": (
        "services",
        lambda n: {"name": PLUGINS[n], "service": {"id": "PARENT"}, "instance_name": f"p{n}"},
        {"enabled": False, "config": {"methods": ["GET"], "max_age": 7}},
    ),
    "upstreams": (None, lambda n: {"name": f"u{n}", "slots": 10 + n}, {"algorithm": "least-connections"}),
    "targets": ("upstreams", lambda n: {"target": f"10.0.0.{n}:80", "weight": n}, {"weight": 500}),
    "certificates": (None, certificate, {"snis": ["new.example.com"]}),
    "snis": (
        "certificates",
        lambda n: {"name": f"*.n{n}.example.com", "certificate": {"id": "PARENT"}},
        {"name": "other.example.com"},
    ),
    "ca_certificates": (None, lambda _: {"cert": self_signed(authority=True)[0]}, {"tags": ["red", "old"]}),
    "vaults": (
        None,
        lambda n: {"name": "env", "prefix": f"v-{n}", "config": {"prefix": "A_"}},
        {"description": "the environment", "config": {"prefix": "B_"}},
    ),
    "keys": (
        "key-sets",
        lambda n: {"name": f"k{n}", "kid": f"{n}", "jwk": web_key(f"{n}"), "set": {"id": "PARENT"}},
        {"name": "other"},
    ),
    "key_sets": (None, lambda n: {"name": f"ks{n}"}, {"name": "other"}),
    "key_auths": ("consumers", lambda n: {"key": f"key-{n}"}, {"key": "other"}),
    "basic_auths": (
        "consumers",
        lambda n: {"username": f"b{n}", "password": "secret"},
        {"username": "other"},
    ),
    "hmac_auths": ("consumers", lambda n: {"username": f"h{n}", "secret": "secret"}, {"secret": "other"}),
    "jwts": (
        "consumers",
        lambda n: {"key": f"j{n}", "algorithm": "RS256", "rsa_public_key": _PUBLIC_KEY},
        {"algorithm": "HS512", "secret": "other"},
    ),
    "oauth2": (
        "consumers",
        lambda n: {"name": f"o{n}", "client_id": f"o{n}", "redirect_uris": ["https://a.example.com/"]},
        {"redirect_uris": ["https://b.example.com/"]},
    ),
    "acls": ("consumers", lambda n: {"group": f"g{n}"}, {"group": "other"}),
}
PARENTS: dict[str, Any] = {
    "services": lambda: {"host": "parent.internal"},
    "upstreams": lambda: {"name": "parent"},
    "certificates": lambda: dict(zip(("cert", "key"), self_signed(authority=False), strict=True)),
    "key-sets": lambda: {"name": "parent"},
    "consumers": lambda: {"username": "parent"},
}
# The third has no tag.
TAGS = (["red", "round"], ["red"], [])


@pytest.fixture(scope="session")
def entities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program that leads entities through their life."""
    return built("./entities", tmp_path_factory.mktemp("entities") / "entities")


def replaced(value: Value, parent: str) -> Value:
    """With the parent's id in its place."""
    text: Value = json.loads(json.dumps(value).replace("PARENT", parent))
    return text


def includes(whole: Any, part: Any) -> bool:
    """Whether every given field is there as it was given."""
    if isinstance(part, dict):
        return all(includes(whole.get(name), value) for name, value in part.items())
    return bool(whole == part)


@pytest.mark.parametrize("kind", KINDS)
def test_a_life(kind: str, entities: Path, deck: Deck, gateway: Gateway) -> None:
    path, make, change = KINDS[kind]
    parent = ""
    with gateway.client() as admin:
        if path:
            parent = admin.post(f"/{path}", json=PARENTS[path]()).raise_for_status().json()["id"]
    given = [replaced(make(number) | {"tags": tags}, parent) for number, tags in enumerate(TAGS)]
    told = live(entities, gateway, kind, parent, {"entities": given, "change": change})

    hidden = {"password"} if kind == "basic_auths" else set()
    for sent, created in zip(given, told["created"], strict=True):
        assert includes(
            created, {name: value for name, value in sent.items() if name not in hidden and value}
        )
    assert told["got"] == told["created"]
    ids = [created["id"] for created in told["created"]]
    assert [len(page) for page in told["pages"]] == [2, 1]
    assert sorted(names([entity for page in told["pages"] for entity in page])) == sorted(ids)
    if kind != "targets":  # a list under a parent has no filter of tags, as in Kong
        assert sorted(names(told["any_tag"])) == sorted(ids[:2])
        assert names(told["all_tags"]) == ids[:1]
    assert includes(told["updated"], change)
    assert told["reread"] == told["updated"]
    assert told["gone"]
    assert sorted(names(told["left"])) == sorted(ids[1:])


def live(program: Path, gateway: Gateway, kind: str, parent: str, order: Value) -> Value:
    """What the Go program saw."""
    words = [program, gateway.admin, kind, *([parent] if parent else [])]
    done = subprocess.run(
        words,
        input=json.dumps(order | {"tags": ["red", "round"]}),
        env={"NO_PROXY": "*"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told: Value = json.loads(done.stdout)
    return told


def names(entities: list[Value]) -> list[str]:
    """Their ids."""
    return [entity["id"] for entity in entities]
