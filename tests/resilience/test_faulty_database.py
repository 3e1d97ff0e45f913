"""PostgreSQL behind a bad network: plugins that ask it follow their own settings, and requests do not wait for it."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from gopura.supervisor.commands import ask
from gopura.testing import Answer
from tests.e2e.conftest import run
from tests.plugins.stored import Stored
from tests.resilience.test_faulty_upstream import wait_for
from tests.resilience.toxiproxy_server import Link, Toxiproxy
from tests.servers.gateway import Gateway
from tests.servers.postgres import Postgres

LIMIT = 1.0  # seconds, pg_timeout
GRACE = 3.0  # seconds for a busy machine, less than the faults last
FOREVER = 20_000  # milliseconds


@dataclass(frozen=True)
class Fault:
    """A toxic on the way to or from the server."""

    kind: str
    attributes: dict[str, int] = field(default_factory=dict)
    stream: str = "downstream"

    def __str__(self) -> str:
        return f"{self.kind}-{self.stream}"


FAULTS = [
    Fault("down"),
    Fault("timeout", {"timeout": 0}),
    Fault("timeout", {"timeout": 0}, "upstream"),
    Fault("latency", {"latency": FOREVER}),
    Fault("reset_peer", {"timeout": 0}),
    Fault("limit_data", {"bytes": 10}),
]

TOKEN = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "cs"}
SECURE = {"X-Forwarded-Proto": "https"}
OAUTH2 = {"enable_client_credentials": True, "accept_http_if_already_terminated": True}


@dataclass(frozen=True)
class Case:
    """What a request of a plugin's route gets, while the database answers and while it does not."""

    route: str
    plugin: str
    config: dict[str, Any]
    working: int
    failing: int
    request: Callable[[Stored, str], Answer] = lambda gateway, path: gateway.get(path)


def counted(tolerant: bool, **limits: Any) -> dict[str, Any]:
    return {"policy": "cluster", "fault_tolerant": tolerant, **limits}


CASES = [
    Case("counts", "rate-limiting", counted(True, hour=1000), 200, 200),
    Case("counts-strictly", "rate-limiting", counted(False, hour=1000), 200, 500),
    Case("adds", "response-ratelimiting", counted(True, limits={"a": {"hour": 1000}}), 200, 200),
    Case("adds-strictly", "response-ratelimiting", counted(False, limits={"a": {"hour": 1000}}), 200, 500),
    Case("gives-tokens", "oauth2", OAUTH2, 200, 503,
         lambda gateway, path: gateway.post(f"{path}/oauth2/token", SECURE, form=TOKEN)),
    Case("takes-tokens", "oauth2", OAUTH2, 401, 503,
         lambda gateway, path: gateway.get(path, {"Authorization": f"Bearer {time.monotonic()}"})),
    Case("keeps-sessions", "session", {"storage": "kong", "secret": "s"}, 200, 200,
         lambda gateway, path: gateway.get(path, {"apikey": "k"})),
]  # fmt: skip


def given() -> dict[str, list[dict[str, Any]]]:
    own = [{"name": case.plugin, "route": case.route, "config": case.config} for case in CASES]
    return {
        "consumers": [{"username": "bob"}, {"username": "guest"}],
        "keyauth_credentials": [{"consumer": "bob", "key": "k"}],
        "oauth2_credentials": [
            {"consumer": "bob", "name": "app", "client_id": "ci", "client_secret": "cs"},
        ],
        "routes": [{"name": case.route, "paths": [f"/{case.route}"], "service": "echo"} for case in CASES],
        "plugins": [*own, {"name": "key-auth", "route": "keeps-sessions", "config": {"anonymous": "guest"}}],
    }


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


def asked(gateway: Stored, case: Case) -> int:
    """The status of one request, which must be over in time."""
    started = time.monotonic()
    answer = case.request(gateway, f"/{case.route}")
    assert time.monotonic() - started < LIMIT + GRACE
    return answer.status


def statuses(gateway: Stored) -> dict[str, set[int]]:
    """What two requests of every case get, all sent at once."""
    found: dict[str, set[int]] = {case.route: set() for case in CASES}
    with ThreadPoolExecutor(2 * len(CASES)) as clients:
        for case, status in zip(CASES * 2, clients.map(partial(asked, gateway), CASES * 2), strict=True):
            found[case.route].add(status)
    return found


@contextmanager
def broken(way: Link, fault: Fault) -> Iterator[None]:
    way.add(fault.kind, fault.stream, **fault.attributes)
    try:
        yield
    finally:
        way.clear()


WORKING = {case.route: {case.working} for case in CASES}
FAILING = {case.route: {case.failing} for case in CASES}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_faults(gateway: Stored, way: Link, fault: Fault) -> None:
    assert statuses(gateway) == WORKING
    with broken(way, fault):
        assert statuses(gateway) == FAILING
    wait_for(lambda: statuses(gateway) == WORKING)


def test_slow_but_in_time(gateway: Stored, way: Link) -> None:
    with broken(way, Fault("latency", {"latency": 20})):
        assert statuses(gateway) == WORKING


def test_a_control_plane_that_hangs(gateway: Stored) -> None:
    status = ask(gateway.gateway.prefix / "run" / "supervisor.sock", "status", 10)
    pid = status["processes"]["control"]["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert statuses(gateway) == FAILING
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for(lambda: statuses(gateway) == WORKING)


def test_sessions_that_cannot_be_read_are_none(gateway: Stored, way: Link) -> None:
    login = gateway.get("/keeps-sessions", {"apikey": "k"})
    cookie = {"Cookie": str(login.headers["Set-Cookie"]).partition(";")[0]}

    def consumer() -> str:
        assert gateway.get("/keeps-sessions", cookie).status == 200
        return str(gateway.upstream.last.headers["X-Consumer-Username"])

    with broken(way, FAULTS[0]):
        assert consumer() == "guest"
    wait_for(lambda: consumer() == "bob")
