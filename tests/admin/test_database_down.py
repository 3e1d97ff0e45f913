"""The Admin API while PostgreSQL is away, and after it came back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import DatabaseUnavailable, NotBootstrapped, Store, migrate
from tests.servers.postgres import Postgres


@pytest.fixture
def server() -> AsyncIterator[Postgres]:
    server = Postgres()
    yield server
    server.stop()


def settings_for(server: Postgres, prefix: Path) -> Settings:
    return Settings.load(None, {}, {"prefix": str(prefix), **server.database().settings})


async def test_it_answers_503_and_recovers(server: Postgres, tmp_path: Path) -> None:
    settings = settings_for(server, tmp_path)
    store = Store.of(settings)
    await migrate.bootstrap(store.location)
    transport = httpx.ASGITransport(create_app(store, settings))
    async with store, httpx.AsyncClient(transport=transport, base_url="http://admin.test") as api:
        assert (await api.put("/services/a", json={"host": "a.test"})).status_code == 200
        await asyncio.to_thread(server.halt)
        for answer in (await api.get("/services"), await api.put("/services/b", json={"host": "b.test"})):
            assert answer.status_code == 503
            assert "database" in answer.json()["message"]
        assert (await api.get("/status")).json()["database"] == {"reachable": False}
        assert (await api.get("/nope")).status_code == 404
        await asyncio.to_thread(server.start)
        assert (await api.get("/services/a")).status_code == 200
        assert (await api.put("/services/b", json={"host": "b.test"})).status_code == 200
        assert (await api.get("/status")).json()["database"] == {"reachable": True}


async def test_an_empty_database_asks_for_bootstrap(server: Postgres, tmp_path: Path) -> None:
    store = Store.of(settings_for(server, tmp_path))
    with pytest.raises(NotBootstrapped, match="gopura migrations bootstrap"):
        await store.open()
    await store.close()


async def test_no_database_is_named(server: Postgres, tmp_path: Path) -> None:
    settings = settings_for(server, tmp_path)
    await asyncio.to_thread(server.halt)
    store = Store.of(settings)
    with pytest.raises(DatabaseUnavailable, match="not reachable"):
        await store.open()
    await store.close()
    await asyncio.to_thread(server.start)
