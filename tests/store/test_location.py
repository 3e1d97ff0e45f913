"""From settings to a database."""

import ssl
from pathlib import Path
from typing import Any

import pytest

from gopura.settings import Settings
from gopura.store.location import from_settings

POSTGRES = {"database": "postgres", "pg_host": "db.test", "pg_user": "u", "pg_password": "secret"}


def test_sqlite_lies_in_the_prefix(tmp_path: Path) -> None:
    location = from_settings(Settings.load(None, {}, {"prefix": str(tmp_path)}))
    assert (location.kind, location.url.database) == ("sqlite", str(tmp_path / "gopura.sqlite"))


def test_off_is_memory(tmp_path: Path) -> None:
    location = from_settings(Settings.load(None, {}, {"prefix": str(tmp_path), "database": "off"}))
    assert (location.kind, location.url.database) == ("memory", ":memory:")


@pytest.mark.parametrize(
    ("more", "connect"),
    [
        ({}, {"timeout": 5.0, "ssl": "disable"}),
        ({"pg_timeout": "500"}, {"timeout": 0.5, "ssl": "disable"}),
        ({"pg_ssl": "on"}, {"timeout": 5.0, "ssl": "prefer"}),
        ({"pg_ssl": "on", "pg_ssl_required": "on"}, {"timeout": 5.0, "ssl": "require"}),
        (
            {"pg_schema": "mine"},
            {"timeout": 5.0, "ssl": "disable", "server_settings": {"search_path": "mine"}},
        ),
    ],
)
def test_postgres(tmp_path: Path, more: dict[str, str], connect: dict[str, Any]) -> None:
    location = from_settings(Settings.load(None, {}, {"prefix": str(tmp_path), **POSTGRES, **more}))
    assert location.kind == "postgres"
    assert location.text == "postgresql+asyncpg://u:***@db.test:5432/kong"
    assert "secret" not in repr(location)
    assert location.connect == connect


def test_a_verified_certificate(tmp_path: Path) -> None:
    more = {"pg_ssl": "on", "pg_ssl_verify": "on"}
    location = from_settings(Settings.load(None, {}, {"prefix": str(tmp_path), **POSTGRES, **more}))
    assert location.connect["ssl"].verify_mode == ssl.CERT_REQUIRED
