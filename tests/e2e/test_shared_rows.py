"""What plugins of one node write, the other nodes of the cluster know: tokens, sessions, counters."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.conftest import Node, run
from tests.servers.postgres import Postgres
from tests.waiting import PATIENCE


@pytest.fixture(scope="module")
def pair(nodes: Callable[..., Node], postgres: Postgres) -> Iterator[tuple[Node, Node]]:
    """Two nodes on one database."""
    settings = postgres.database().settings
    variables = {f"GOPURA_{name.upper()}": value for name, value in settings.items()}
    assert run({**os.environ, **variables}, "migrations", "bootstrap").returncode == 0
    yield nodes(**settings), nodes(service=False, **settings)


def plugin(node: Node, route: str, name: str, **config: object) -> None:
    answer = node.admin.post(f"/routes/{route}/plugins", json={"name": name, "config": config})
    assert answer.status_code == 201, answer.text


def until(node: Node, path: str, status: int, **headers: str) -> bool:
    """Whether a request has this outcome within a few seconds."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        answer = httpx.get(f"{node.gateway.proxy}{path}", headers=headers, trust_env=False, timeout=PATIENCE)
        if answer.status_code == status:
            return True
        time.sleep(0.02)
    return False


def test_tokens(pair: tuple[Node, Node]) -> None:
    one, two = pair
    one.add_route("tokens")
    plugin(one, "tokens", "oauth2", enable_client_credentials=True)
    one.admin.post("/consumers", json={"username": "bob"})
    application = {
        "name": "app",
        "client_id": "ci",
        "client_secret": "cs",
        "redirect_uris": ["http://a.test/"],
    }
    assert one.admin.post("/consumers/bob/oauth2", json=application).status_code == 201
    form = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "cs"}
    with one.gateway.tls_visitor() as visitor:
        answer = visitor.post("/tokens/oauth2/token", data=form)
    assert answer.status_code == 200, answer.text
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert until(one, "/tokens", 200, **headers)
    assert until(two, "/tokens", 200, **headers)
    (row,) = one.admin.get("/oauth2_tokens").json()["data"]
    assert one.admin.delete(f"/oauth2_tokens/{row['id']}").status_code == 204
    assert until(one, "/tokens", 401, **headers)
    assert until(two, "/tokens", 401, **headers)


def test_counters(pair: tuple[Node, Node]) -> None:
    one, two = pair
    one.add_route("counted")
    plugin(one, "counted", "rate-limiting", policy="cluster", year=20, limit_by="ip")
    assert until(two, "/counted", 200)
    assert until(one, "/counted", 200)
    known = httpx.get(f"{one.gateway.proxy}/counted", trust_env=False, timeout=PATIENCE)
    left = int(known.headers["RateLimit-Remaining"])
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: pair[number % 2].get("/counted"), range(40)))
    assert (statuses.count(200), statuses.count(429)) == (left, 40 - left)


def test_sessions(pair: tuple[Node, Node]) -> None:
    one, two = pair
    one.add_route("sessions")
    one.admin.post("/consumers", json={"username": "guest"})
    assert one.admin.put("/consumers/bob", json={}).status_code == 200
    assert one.admin.post("/consumers/bob/key-auth", json={"key": "k"}).status_code == 201
    plugin(one, "sessions", "key-auth", anonymous="guest")
    plugin(one, "sessions", "session", storage="kong", cookie_secure=False, secret="shared")
    route = one.admin.get("/routes/sessions").json()["id"]
    termination = {"name": "request-termination", "route": {"id": route}, "consumer": {"username": "guest"}}
    assert one.admin.post("/plugins", json=termination | {"config": {"status_code": 403}}).status_code == 201
    with one.gateway.visitor() as visitor:
        answer = visitor.get("/sessions", headers={"apikey": "k"})
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    assert until(two, "/sessions", 403)
    assert until(two, "/sessions", 200, Cookie=cookie)
    for row in one.admin.get("/sessions").json()["data"]:
        one.admin.delete(f"/sessions/{row['id']}")
    assert until(two, "/sessions", 403, Cookie=cookie)


@pytest.mark.parametrize(("tolerant", "status"), [(True, 200), (False, 500)])
def test_counters_without_their_database(nodes: Callable[..., Node], tolerant: bool, status: int) -> None:
    server = Postgres()
    try:
        settings = server.database().settings
        variables = {f"GOPURA_{name.upper()}": value for name, value in settings.items()}
        assert run({**os.environ, **variables}, "migrations", "bootstrap").returncode == 0
        node = nodes(**settings)
        node.add_route("limited")
        plugin(
            node,
            "limited",
            "rate-limiting",
            policy="cluster",
            year=50,
            limit_by="ip",
            fault_tolerant=tolerant,
        )
        assert until(node, "/limited", 200)
        server.halt()
        began = time.monotonic()
        assert node.get("/limited") == status
        assert time.monotonic() - began < 10
        server.start()
        assert until(node, "/limited", 200)
    finally:
        server.stop()
