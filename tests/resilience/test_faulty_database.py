"""PostgreSQL behind a bad network: plugins that ask it follow their own settings, and requests do not wait for it."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.supervisor.commands import ask
from tests.e2e.conftest import run
from tests.plugins.stored import Stored
from tests.resilience.faults import FAULTS, SLOW, Case, Fault, broken, check, routed, statuses
from tests.resilience.toxiproxy_server import Link, Toxiproxy
from tests.servers.gateway import Gateway
from tests.servers.postgres import Postgres
from tests.waiting import wait_for

LIMIT = 1.0  # seconds, pg_timeout
TOKEN = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "cs"}
SECURE = {"X-Forwarded-Proto": "https"}
OAUTH2 = {"enable_client_credentials": True, "accept_http_if_already_terminated": True}


def counted(tolerant: bool, **limits: Any) -> dict[str, Any]:
    return {"policy": "cluster", "fault_tolerant": tolerant, **limits}


CASES = [
    Case("counts", "rate-limiting", counted(True, year=100_000), 200, 200),
    Case("counts-strictly", "rate-limiting", counted(False, year=100_000), 200, 500),
    Case("adds", "response-ratelimiting", counted(True, limits={"a": {"year": 100_000}}), 200, 200),
    Case("adds-strictly", "response-ratelimiting", counted(False, limits={"a": {"year": 100_000}}), 200, 500),
    Case("gives-tokens", "oauth2", OAUTH2, 200, 503,
         lambda gateway, path: gateway.post(f"{path}/oauth2/token", SECURE, form=TOKEN)),
    Case("takes-tokens", "oauth2", OAUTH2, 401, 503,
         lambda gateway, path: gateway.get(path, {"Authorization": f"Bearer {time.monotonic()}"})),
    Case("keeps-sessions", "session", {"storage": "kong", "secret": "s"}, 200, 200,
         lambda gateway, path: gateway.get(path, {"apikey": "k"})),
]  # fmt: skip


def given() -> dict[str, list[dict[str, Any]]]:
    application = {"consumer": "bob", "name": "app", "client_id": "ci", "client_secret": "cs"}
    owners = {
        "consumers": [{"username": "bob"}, {"username": "guest"}],
        "keyauth_credentials": [{"consumer": "bob", "key": "k"}],
        "oauth2_credentials": [application],
    }
    found = owners | routed(CASES)
    found["plugins"].append({"name": "key-auth", "route": "keeps-sessions", "config": {"anonymous": "guest"}})
    return found


@pytest.fixture(scope="module")
def way(toxiproxy: Toxiproxy, postgres: Postgres) -> Iterator[Link]:
    """The link to the database."""
    made = toxiproxy.link(postgres.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def gateway(way: Link, postgres: Postgres) -> Iterator[Stored]:
    settings = postgres.database().settings | {"pg_port": str(way.port), "pg_timeout": str(int(LIMIT * 1000))}
    variables = {f"GOPURA_{name.upper()}": value for name, value in settings.items()}
    assert run({**os.environ, **variables}, "migrations", "bootstrap").returncode == 0
    running = Gateway(settings | {"trusted_ips": "127.0.0.0/8"})
    try:
        with Stored(running) as stored:
            stored.configure(given())
            yield stored
    finally:
        running.stop()


@pytest.mark.parametrize("fault", [*FAULTS, SLOW], ids=str)
def test_faults(gateway: Stored, way: Link, fault: Fault) -> None:
    check(gateway, way, fault, CASES, LIMIT)


def test_a_control_plane_that_hangs(gateway: Stored) -> None:
    status = ask(gateway.gateway.prefix / "run" / "supervisor.sock", "status", 10)
    pid = status["processes"]["control"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert statuses(gateway, CASES, LIMIT) == {case.route: {case.failing} for case in CASES}
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: statuses(gateway, CASES, LIMIT) == {case.route: {case.working} for case in CASES})


def test_sessions_that_cannot_be_read_are_none(gateway: Stored, way: Link) -> None:
    # A database that is slow for once gives no session.
    logins = (gateway.get("/keeps-sessions", {"apikey": "k"}).headers["Set-Cookie"] for _ in range(20))
    cookie = {"Cookie": next(filter(None, logins)).partition(";")[0]}

    def consumer() -> str:
        assert gateway.get("/keeps-sessions", cookie).status == 200
        return str(gateway.upstream.last.headers["X-Consumer-Username"])

    with broken(way, Fault("down")):
        assert consumer() == "guest"
    wait_for(lambda: consumer() == "bob")
