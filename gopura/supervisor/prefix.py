"""The folder of a node: what stands in it, and the lock that one supervisor holds on it."""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
import stat
import uuid
from pathlib import Path

from gopura.settings import Settings
from gopura.supervisor import database_file
from gopura.supervisor.holder import describe

FOLDERS = ("pids", "logs", "ssl", "run", "snapshot")
_PRIVATE = ("ssl", "run", "snapshot")
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
        """Make the folders; PrefixError when that is not possible."""
        if len(os.fsencode(self.command_socket)) > _SOCKET_PATH_LIMIT:
            raise PrefixError(f"prefix {self.path} is too long for the unix sockets that it will hold")
        try:
            for name in FOLDERS:
                folder = self.path / name
                folder.mkdir(parents=True, exist_ok=True)
                if name in _PRIVATE:
                    _close_to_others(folder)
            (self.path / "run" / ".writable").write_bytes(b"")
            if self._embedded:
                database_file.begin(self._settings)
        except (OSError, sqlite3.Error) as error:
            reason = getattr(error, "strerror", None) or error
            raise PrefixError(
                f"cannot write to prefix {self.path} (set by {self._source}): {reason}"
            ) from None

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
        self.pid_file.write_text(f"{os.getpid()}\n")

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
            lock = os.open(self.path / "run" / "lock", os.O_RDWR)
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
        """The configured identity, or one that is generated once and kept."""
        path = self.path / "node_id"
        if configured:
            return configured
        if not path.exists():
            path.write_text(f"{uuid.uuid4()}\n")
        return path.read_text().strip()

    def debug_token(self, configured: str | None) -> str:
        """The configured token for request debugging, or a fresh one; either is kept in a file for its users."""
        token = configured or secrets.token_urlsafe(24)
        path = self.path / ".request_debug_token"
        path.touch(mode=0o600)
        path.write_text(f"{token}\n")
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
    mode = folder.stat().st_mode
    folder.chmod(mode & ~0o007 if mode & stat.S_ISVTX else 0o700)
