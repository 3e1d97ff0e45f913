"""The plugins that authenticate and limit, configured through the Admin API, on each database."""

import base64
import hmac
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import run
from tests.plugins.test_jwt import token
from tests.servers.directory import BASE, Directory
from tests.servers.echo import Echo
from tests.servers.gateway import Gateway

Headers = dict[str, str]


@dataclass(frozen=True)
class Case:
    """A plugin on a route of its own: what is created besides, and the statuses of requests with these headers."""

    plugin: str
    requests: list[tuple[Headers | Callable[[], Headers], int]]
    config: dict[str, Any] = field(default_factory=dict)
    besides: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


def basic(user: str, password: str, scheme: str = "Basic") -> Headers:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def signed(secret: str) -> Headers:
    date = formatdate(usegmt=True)
    made = base64.b64encode(hmac.digest(secret.encode(), f"date: {date}".encode(), "sha256")).decode()
    fields = f'hmac username="hb", algorithm="hmac-sha256", headers="date", signature="{made}"'
    return {"Date": date, "Authorization": fields}


KEYS: list[tuple[str, dict[str, Any]]] = [
    ("/plugins", {"name": "key-auth"}),
    ("/consumers/bob/key-auth", {"key": "{plugin}-kb"}),
]

CASES = [
    Case("key-auth", [({}, 401), ({"apikey": "kb"}, 200), ({"apikey": "no"}, 401)],
         besides=[("/consumers/bob/key-auth", {"key": "kb"})]),
    Case("basic-auth", [({}, 401), (basic("bob", "pw"), 200), (basic("bob", "no"), 401)],
         besides=[("/consumers/bob/basic-auth", {"username": "bob", "password": "pw"})]),
    Case("hmac-auth", [({}, 401), (lambda: signed("hs"), 200), (lambda: signed("no"), 401)],
         besides=[("/consumers/bob/hmac-auth", {"username": "hb", "secret": "hs"})]),
    Case("jwt", [({}, 401), (lambda: {"Authorization": f"Bearer {token(iss='jk')}"}, 200),
                 (lambda: {"Authorization": f"Bearer {token(secret=b'no', iss='jk')}"}, 401)],
         besides=[("/consumers/bob/jwt", {"key": "jk", "secret": "secret"})]),
    Case("oauth2", [({}, 401), ({"Authorization": "Bearer t1"}, 200), ({"Authorization": "Bearer no"}, 401)],
         config={"enable_client_credentials": True, "global_credentials": True},
         besides=[("/consumers/bob/oauth2", {"name": "app", "client_id": "ci", "client_secret": "cs",
                                             "id": "00000000-0000-4000-8000-000000000001"}),
                  ("/oauth2_tokens", {"credential": {"id": "00000000-0000-4000-8000-000000000001"},
                                      "access_token": "t1", "expires_in": 1000})]),
    Case("ldap-auth", [({}, 401), (basic("bob", "secret", "ldap"), 200), (basic("bob", "no", "ldap"), 401)],
         config={"ldap_host": "127.0.0.1", "base_dn": BASE, "attribute": "cn"}),
    Case("session", [({}, 401), ({"apikey": "session-kb"}, 200)],
         config={"cookie_secure": False, "secret": "s"}, besides=KEYS),
    Case("acl", [({"apikey": "acl-kb"}, 200)], config={"allow": ["friends"]},
         besides=[*KEYS, ("/consumers/bob/acls", {"group": "friends"})]),
    Case("rate-limiting", [({}, 200), ({}, 200), ({}, 429)],
         config={"hour": 2, "policy": "cluster", "limit_by": "service"}),
    Case("response-ratelimiting", [({}, 200)], config={"limits": {"sms": {"hour": 2}}, "policy": "cluster"}),
    Case("request-size-limiting", [({}, 200), ({"Content-Length": "3"}, 413)],
         config={"allowed_payload_size": 2, "size_unit": "bytes"}),
    Case("request-termination", [({}, 418)], config={"status_code": 418}),
    Case("proxy-cache", [({}, 200), ({}, 200)], config={"strategy": "memory", "content_type": ["text/plain"]}),
]  # fmt: skip


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    server = Directory({"bob": "secret"})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Echo]:
    server = Echo()
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def gateway(request: pytest.FixtureRequest, upstream: Echo) -> Iterator[Gateway]:
    settings = {"database": "sqlite"}
    if request.param == "postgres":
        settings = request.getfixturevalue("postgres").database().settings
        variables = {f"GOPURA_{name.upper()}": value for name, value in settings.items()}
        assert run({**os.environ, **variables}, "migrations", "bootstrap").returncode == 0
    running = Gateway(settings)
    with running.client() as admin:
        admin.post("/services", json={"name": "echo", "url": upstream.url}).raise_for_status()
        admin.post("/consumers", json={"username": "bob"}).raise_for_status()
    yield running
    running.stop()


def create(admin: httpx.Client, case: Case, directory: Directory) -> None:
    route = f"/routes/{case.plugin}"
    config = case.config | ({"ldap_port": directory.port} if case.plugin == "ldap-auth" else {})
    admin.put(route, json={"paths": [f"/{case.plugin}"], "service": {"name": "echo"}}).raise_for_status()
    for path, body in [("/plugins", {"name": case.plugin, "config": config}), *case.besides]:
        filled = {
            name: str(value).format(plugin=case.plugin) if name == "key" else value
            for name, value in body.items()
        }
        answer = admin.post(route + path if path == "/plugins" else path, json=filled)
        assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.plugin)
def test_each_database_carries_it(gateway: Gateway, directory: Directory, case: Case) -> None:
    with gateway.client() as admin, gateway.visitor() as visitor:
        create(admin, case, directory)
        for headers, status in case.requests:
            given = headers if isinstance(headers, dict) else headers()
            body = b"x" * int(given.get("Content-Length", 0))
            answer = visitor.request("GET", f"/{case.plugin}", headers=given, content=body)
            assert answer.status_code == status, given
