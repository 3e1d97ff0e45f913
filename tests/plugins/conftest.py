"""Real gateways, one on each kind of database, for the tables of the plugins that authenticate and limit."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from gopura.testing import Reply
from tests.e2e.conftest import run
from tests.plugins.stored import Stored
from tests.servers.directory import Directory
from tests.servers.gateway import Gateway
from tests.servers.postgres import Postgres
from tests.waiting import PATIENCE

Settings = dict[str, str]


@pytest.fixture(scope="session")
def directory() -> Iterator[Directory]:
    server = Directory({"bob": "secret", "o,neil": "pass", "al": "x:y"})
    yield server
    server.stop()


@pytest.fixture(scope="session")
def settings(directory: Directory) -> Settings:
    """What the gateways need that serve all tables; several workers share what a node counts and keeps."""
    return {
        "trusted_ips": "127.0.0.0/8",
        "lua_ssl_trusted_certificate": directory.certificate,
        "nginx_worker_processes": "2",
    }


@contextmanager
def running(settings: Settings) -> Iterator[Stored]:
    gateway = Gateway(settings)
    try:
        with Stored(gateway) as stored:
            yield stored
    finally:
        gateway.stop()


@pytest.fixture(scope="session")
def on_sqlite(settings: Settings) -> Iterator[Stored]:
    with running(settings) as stored:
        yield stored


@pytest.fixture(scope="session")
def on_postgres(settings: Settings, postgres: Postgres) -> Iterator[Stored]:
    database = postgres.database().settings
    variables = {f"GOPURA_{name.upper()}": value for name, value in database.items()}
    assert run({**os.environ, **variables}, "migrations", "bootstrap").returncode == 0
    with running(settings | database) as stored:
        yield stored


@pytest.fixture(scope="module", params=["on_sqlite", "on_postgres"])
def gateway(request: pytest.FixtureRequest) -> Stored:
    """A gateway that has stored what the module says in GIVEN."""
    stored: Stored = request.getfixturevalue(request.param)
    stored.upstream.reply = Reply()
    stored.configure(getattr(request.module, "GIVEN", {}))
    return stored


@pytest.fixture(params=["local", "cluster", "redis"])
def policy(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Where it is counted, in the words of the configuration."""
    if request.param != "redis":
        return {"policy": request.param}
    server = request.getfixturevalue("redis")
    patient = {"redis_timeout": int(PATIENCE * 1000)}  # a count that is given up lets one too many through
    return {"policy": "redis", "redis_host": server.host, "redis_port": server.port} | patient
