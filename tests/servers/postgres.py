"""A PostgreSQL server from the distribution."""

import itertools
import os
import signal
import subprocess
from dataclasses import dataclass

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program

USER = "kong"
PASSWORD = "kong-password"


@dataclass(frozen=True)
class Database:
    """One database, with all that a client needs to reach it."""

    host: str
    port: int
    user: str
    password: str
    name: str

    @property
    def settings(self) -> dict[str, str]:
        """The settings, in the form of kong.conf, that make a gateway use this database."""
        return {
            "database": "postgres",
            "pg_host": self.host,
            "pg_port": str(self.port),
            "pg_user": self.user,
            "pg_password": self.password,
            "pg_database": self.name,
        }

    @property
    def url(self) -> str:
        return f"postgresql://{self.user}:{self.password}@{self.host}:{self.port}/{self.name}"


class Postgres:
    """A server with an empty cluster; `database()` makes a fresh database in it."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        # PostgreSQL refuses to run as root; its package brings this user.
        self._server = ServerProcess("postgres", user="postgres" if os.geteuid() == 0 else None)
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._create_cluster()
        self.start()

    def _program(self, name: str) -> str:
        return str(program(name, "postgresql", "/usr/lib/postgresql/*/bin"))

    def _create_cluster(self) -> None:
        password = self._server.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        access = ["-U", USER, "-A", "scram-sha-256", "--pwfile", str(password)]
        self._server.run(
            [self._program("initdb"), "-D", "data", *access, "-E", "UTF8", "--no-locale", "--no-sync"]
        )

    def start(self) -> None:
        """Start the server (again, after `halt`) on the same port with the same data."""
        options = ["fsync=off", f"listen_addresses={self.host}", "max_connections=200"]
        self._server.start(
            [self._program("postgres"), "-D", "data", "-p", str(self.port), "-k", str(self._server.folder)]
            + [word for option in options for word in ("-c", option)],
            self._ready,
        )

    def _ready(self) -> bool:
        command = [self._program("pg_isready"), "-q", "-h", self.host, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0

    def database(self) -> Database:
        """A new, empty database."""
        name = f"gopura_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return Database(self.host, self.port, USER, PASSWORD, name)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement by psql; returns what it printed, unaligned, without headings."""
        command = [self._program("psql"), "-h", self.host, "-p", str(self.port), "-U", USER, "-d", database]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        done = subprocess.run(
            [*command, "-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def halt(self) -> None:
        """Stop the server as if it had gone away: open connections are cut."""
        self._server.halt(signal.SIGINT)

    def stop(self) -> None:
        self._server.stop(signal.SIGINT)
