"""Servers that any test may ask for; each starts at its first use and is stopped by its process id."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from gopura import entities
from gopura.entities import plugins
from gopura.schema import surroundings
from tests.servers.echo import Echo
from tests.servers.gateway import Gateway
from tests.servers.postgres import Database, Postgres
from tests.servers.redis import Redis

pytest_plugins = ["gopura.testing.fixtures"]


@pytest.fixture(autouse=True)
def _described_as_before() -> Iterator[None]:
    """How a test, or a command that it runs, has entities described holds for that test alone."""
    before, known = replace(surroundings), plugins.enabled()
    yield
    vars(surroundings).update(vars(before))
    entities.use_own_entities(())
    if plugins.enabled() is not known:
        plugins.enable(known)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole run."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture
def postgres_database(postgres: Postgres) -> Database:
    """A fresh, empty database; its `settings` make a gateway use it."""
    return postgres.database()


@pytest.fixture(scope="session")
def _redis() -> Iterator[Redis]:
    server = Redis()
    yield server
    server.stop()


@pytest.fixture
def redis(_redis: Redis) -> Redis:
    """A Redis server without any key."""
    _redis.flush()
    return _redis


@pytest.fixture
def echo() -> Iterator[Echo]:
    """An upstream that describes the requests that it gets."""
    server = Echo()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    """The real gateway, empty at first, with an embedded store; shared by the tests of one file."""
    server = Gateway()
    yield server
    server.stop()
