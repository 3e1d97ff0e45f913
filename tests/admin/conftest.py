"""The Admin API over HTTP semantics, without sockets, on every kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gopura.admin import create_app
from gopura.settings import Settings
from gopura.store import Store, migrate


@pytest.fixture(params=["sqlite", "postgres"])
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    overrides = {"database": request.param, "prefix": str(tmp_path)}
    if request.param == "postgres":
        overrides |= request.getfixturevalue("postgres_database").settings
    return Settings.load(None, {}, overrides)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    unopened = Store.of(settings)
    if settings.database == "postgres":
        await migrate.bootstrap(unopened.location)
    async with unopened as opened:
        yield opened


@pytest.fixture
async def api(settings: Settings, store: Store) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(store, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://admin.test") as client:
        yield client
