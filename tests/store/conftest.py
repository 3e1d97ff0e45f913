"""Every test of the store runs on every kind of database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gopura.settings import Settings
from gopura.store import Store, migrate
from gopura.store.location import Location, from_settings

DATABASES = ("off", "sqlite", "postgres")


@pytest.fixture(params=DATABASES)
async def location(request: pytest.FixtureRequest, tmp_path: Path) -> Location:
    """An empty database that is ready for use."""
    overrides = {"database": request.param, "prefix": str(tmp_path)}
    if request.param == "postgres":
        overrides |= request.getfixturevalue("postgres_database").settings
    place = from_settings(Settings.load(None, {}, overrides))
    if request.param == "postgres":
        await migrate.bootstrap(place)
    return place


@pytest.fixture
async def store(location: Location) -> AsyncIterator[Store]:
    """A store that is open."""
    async with Store.at(location) as opened:
        yield opened
