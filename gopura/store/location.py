"""Where the database is, and how to open it."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import sqlalchemy as sa

Kind = Literal["sqlite", "memory", "postgres"]


class DatabaseSettings(Protocol):
    """The settings that the store reads, by their names in kong.conf."""

    database: Any
    prefix: Any
    pg_host: Any
    pg_port: Any
    pg_user: Any
    pg_password: Any
    pg_database: Any
    pg_schema: Any
    pg_timeout: Any
    pg_ssl: Any
    pg_ssl_required: Any
    pg_ssl_verify: Any
    lua_ssl_trusted_certificate: Any


@dataclass(frozen=True, slots=True)
class Location:
    """A database: its kind, its address and how to connect (for the driver).

    One that is not `lasting` is made anew by each process, and nothing waits for the disk.
    """

    kind: Kind
    url: sa.URL
    connect: dict[str, Any] = field(default_factory=dict, repr=False)
    lasting: bool = True

    @property
    def text(self) -> str:
        """The address without the password, for messages."""
        return self.url.render_as_string(hide_password=True)


def memory() -> Location:
    """A database that lives in the process and dies with it."""
    return Location("memory", sa.URL.create("sqlite", database=":memory:"))


def fleeting(path: Path) -> Location:
    """A file that nobody needs after its process: unlike with `memory`, nobody who reads waits for who writes."""
    return Location("sqlite", sa.URL.create("sqlite", database=str(path)), {"timeout": 30}, lasting=False)


def sqlite(path: Path) -> Location:
    """A file; made at the first opening."""
    return Location("sqlite", sa.URL.create("sqlite", database=str(path)), {"timeout": 30})


def from_settings(settings: DatabaseSettings) -> Location:
    """The database that `database` and the `pg_*` settings name."""
    if settings.database == "off":
        return memory()
    if settings.database == "postgres":
        return _postgres(settings)
    return sqlite(Path(settings.prefix).expanduser() / "gopura.sqlite")


def _postgres(settings: DatabaseSettings) -> Location:
    url = sa.URL.create(
        "postgresql+asyncpg",
        username=settings.pg_user,
        password=settings.pg_password or None,
        host=settings.pg_host,
        port=int(settings.pg_port),
        database=settings.pg_database,
    )
    connect: dict[str, Any] = {"timeout": int(settings.pg_timeout) / 1000 or None, "ssl": _tls(settings)}
    if settings.pg_schema:
        connect["server_settings"] = {"search_path": settings.pg_schema}
    return Location("postgres", url, connect)


def _tls(settings: DatabaseSettings) -> ssl.SSLContext | str:
    if not settings.pg_ssl:
        return "disable"
    if settings.pg_ssl_verify:
        context = ssl.create_default_context()
        for path in settings.lua_ssl_trusted_certificate or ():
            if path != "system":
                context.load_verify_locations(path)
        return context
    return "require" if settings.pg_ssl_required else "prefer"
