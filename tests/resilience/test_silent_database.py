"""The Admin API while PostgreSQL does not answer: every request ends in time, and nothing is half done."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import run
from tests.resilience.faults import FAULTS, GRACE, Fault, broken
from tests.resilience.toxiproxy_server import Link, Toxiproxy
from tests.servers.gateway import Gateway
from tests.servers.postgres import Postgres
from tests.waiting import wait_for

LIMIT = 1.0  # seconds, pg_timeout
SILENT = ("timeout", "latency")

Question = tuple[str, str, dict[str, Any] | None]
TWO = [{"method": "POST", "path": "/consumers", "body": {"username": name}} for name in ("one", "two")]
QUESTIONS: list[Question] = [
    ("GET", "/services", None),
    ("GET", "/services/kept", None),
    ("GET", "/tags/a", None),
    ("GET", "/services/kept/routes", None),
    ("PUT", "/services/kept", {"url": "http://b.test", "tags": ["b"]}),
    ("PATCH", "/services/kept", {"tags": ["b"]}),
    ("DELETE", "/services/kept", None),
    ("POST", "/transaction", {"operations": TWO}),
    *(("POST", "/consumers", {"username": f"c{number}"}) for number in range(6)),
]


@pytest.fixture(scope="module")
def way(toxiproxy: Toxiproxy, postgres: Postgres) -> Iterator[Link]:
    """The link to the database."""
    made = toxiproxy.link(postgres.port)
    yield made
    made.close()


@pytest.fixture(scope="module")
def gateway(way: Link, postgres: Postgres) -> Iterator[Gateway]:
    settings = postgres.database().settings | {"pg_port": str(way.port), "pg_timeout": str(int(LIMIT * 1000))}
    variables = {f"GOPURA_{name.upper()}": value for name, value in settings.items()}
    assert run({**os.environ, **variables}, "migrations", "bootstrap").returncode == 0
    running = Gateway(settings)
    with running.client() as admin:
        kept = {"url": "http://a.test", "tags": ["a"]}
        wait_for(lambda: admin.put("/services/kept", json=kept).status_code == 200)
    yield running
    running.stop()


def ask(gateway: Gateway, question: Question) -> httpx.Response:
    """The answer, which must come in time."""
    method, path, body = question
    with gateway.client() as admin:
        started = time.monotonic()
        answer = admin.request(method, path, json=body)
        assert time.monotonic() - started < LIMIT + GRACE, question
    return answer


def stored(gateway: Gateway) -> tuple[Any, Any] | None:
    """All services and consumers, when the database answers."""
    with gateway.client() as admin:
        found = [admin.get(path) for path in ("/services", "/consumers")]
    if any(answer.status_code != 200 for answer in found):
        return None
    return found[0].json()["data"], found[1].json()["data"]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_requests_end_in_time(gateway: Gateway, way: Link, fault: Fault) -> None:
    """Those on connections that were open, and those that need new ones; many at once wait no longer."""
    wait_for(lambda: stored(gateway) is not None)
    before = stored(gateway)
    with broken(way, fault), ThreadPoolExecutor(len(QUESTIONS)) as clients:
        for _ in range(2):
            answers = list(clients.map(lambda question: ask(gateway, question), QUESTIONS))
            assert {answer.status_code for answer in answers} == {503}
            messages = {answer.json()["message"] for answer in answers}
            assert all("database" in message for message in messages)
            if fault.kind in SILENT:
                assert any("raise pg_timeout" in message for message in messages)
        with gateway.client() as admin:
            assert admin.get("/status").json()["database"] == {"reachable": False}
    wait_for(lambda: stored(gateway) is not None)
    assert stored(gateway) == before
    with gateway.client() as admin:
        assert admin.put("/services/kept", json={"url": "http://a.test", "tags": ["a"]}).status_code == 200
    if fault.kind in SILENT:
        log = (gateway.prefix / "logs" / "error.log").read_text()
        assert "PATCH /services/kept: the database did not answer within pg_timeout (1000 ms)" in log


def test_a_change_by_another_node_arrives_afterwards(gateway: Gateway, way: Link, postgres: Postgres) -> None:
    settings = {**gateway.environment(), "GOPURA_PG_PORT": str(postgres.port)}
    document = gateway.prefix / "consumer.yml"
    document.write_text('_format_version: "3.0"\nconsumers: [{username: from-elsewhere}]\n')
    with broken(way, Fault("timeout", {"timeout": 0})):
        assert run(settings, "config", "db_import", str(document)).returncode == 0
    with gateway.client() as admin:
        wait_for(lambda: admin.get("/consumers/from-elsewhere").status_code == 200)
