"""The folder of a node: what stands in it, and the lock that one supervisor holds on it."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
import stat
import uuid
from contextlib import suppress
from pathlib import Path

from gopura.settings import Settings
from gopura.supervisor import database_file
from gopura.supervisor.holder import describe
from gopura.supervisor.own_files import foreign_link, opened_folder, own_folder, read_own, write_own

FOLDERS = ("pids", "logs", "ssl", "run", "snapshot")
_PRIVATE = ("ssl", "run", "snapshot")
# Where root follows links, such as one of the error log to /dev/stdout: only its own.
_TRUSTED = ("pids", "logs", "ssl")
# The kernel's limit for the path of a unix socket.
_SOCKET_PATH_LIMIT = 107


class PrefixError(Exception):
    """The prefix cannot be used; the text names the setting and the reason."""


class Prefix:
    """The folder; `take` makes it this process's own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.path = settings.path()
        self.pid_file = settings.path("pids", "gopura.pid")
        self.link_socket = settings.path("run", "link.sock")
        self.command_socket = settings.path("run", "supervisor.sock")
        self._embedded = settings.database == "sqlite"
        self._source = settings.origins.get("prefix", "default")
        self._lock: int | None = None

    def prepare(self) -> None:
        """Make the folders, all but `snapshot` root's for root; PrefixError when that is not possible."""
        if len(os.fsencode(self.command_socket)) > _SOCKET_PATH_LIMIT:
            raise PrefixError(f"prefix {self.path} is too long for the unix sockets that it will hold")
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            own_folder(self.path)
            for name in FOLDERS:
                self._make(name)
            write_own(self.path / "run" / ".writable", b"", 0o600)
            if self._embedded:
                database_file.begin(self._settings)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise PrefixError(
                f"cannot write to prefix {self.path} (set by {self._source}): {reason}"
            ) from None

    def prepare_database(self) -> None:
        """As `prepare`, but root takes no folder from another user whose gateway has its database here."""
        others = os.geteuid() == 0 and self.path.exists() and self.path.stat().st_uid != 0
        if not (others and self._settings.path(database_file.NAME).exists()):
            self.prepare()

    def _make(self, name: str) -> None:
        folder = self.path / name
        folder.mkdir(exist_ok=True)
        if name != "snapshot":
            own_folder(folder)
        if name in _PRIVATE:
            _close_to_others(folder)
        if name in _TRUSTED and (link := foreign_link(folder)):
            raise PrefixError(f"{link} is a link that another user has made: remove it, or make it root's")

    def refuse_second(self) -> None:
        """PrefixError when a supervisor runs on this prefix; `take` alone is safe from a race."""
        if self.running() is not None:
            raise self._taken()

    def take(self) -> None:
        """Become the only supervisor on this prefix and write the pid file; PrefixError names another."""
        lock = os.open(self.path / "run" / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise self._taken() from None
        self._lock = lock
        # How healthy targets were belongs to the life of a gateway that has ended.
        (self.path / "run" / "health.json").unlink(missing_ok=True)
        write_own(self.pid_file, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Give the prefix up."""
        if self._lock is not None:
            for path in (self.pid_file, self.link_socket, self.command_socket):
                path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def running(self) -> int | None:
        """Process id of the supervisor on this prefix; None when there is none."""
        try:
            lock = os.open(self.path / "run" / "lock", os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._pid()
        finally:
            os.close(lock)
        return None

    def node_id(self, configured: str | None) -> str:
        """The configured identity, or one that is generated once and kept; PrefixError when that is not possible."""
        if configured:
            return configured
        path = self.path / "node_id"
        try:
            with suppress(FileNotFoundError):
                return read_own(path).decode().strip()
            made = str(uuid.uuid4())
            write_own(path, f"{made}\n".encode())
        except (OSError, UnicodeDecodeError) as error:
            raise PrefixError(f"cannot keep the node's identity in {path}: {error}") from None
        return made

    def debug_token(self, configured: str | None) -> str:
        """The configured token for request debugging, or a fresh one; either is kept in a file for its users."""
        token = configured or secrets.token_urlsafe(24)
        write_own(self.path / ".request_debug_token", f"{token}\n".encode(), 0o600)
        return token

    def _pid(self) -> int | None:
        try:
            return int(self.pid_file.read_text())
        except (OSError, ValueError):
            return None

    def _taken(self) -> PrefixError:
        pid = self._pid()
        runner = describe(pid) if pid else "its process id is not known"
        return PrefixError(f"gopura already runs on prefix {self.path}: {runner}")


def _close_to_others(folder: Path) -> None:
    """The group's rights were given on purpose when gopura was started as root: see `ownership`."""
    with opened_folder(folder) as opened:
        mode = stat.S_IMODE(os.fstat(opened).st_mode)
        os.fchmod(opened, mode & ~0o007 if mode & stat.S_ISVTX else 0o700)
