"""What the processes may change when they run as another user than the supervisor, which is root then.

Folders that both write to stay root's, with the sticky bit: the user can make files there, but cannot put others in the
place of the supervisor's. So nothing that root opens by its path is chosen by that user.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gopura.settings import SETTINGS, Settings
from gopura.settings.kinds import LogPath
from gopura.supervisor.own_files import opened_folder
from gopura.supervisor.user import User, UserError

_SHARED, _ENTERED = 0o1770, 0o1710
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def hand_over(settings: Settings, user: User) -> None:
    """Let `user` write what the processes write below the prefix; UserError when that is not possible."""
    try:
        _hand_over(settings, user)
    except OSError as error:
        raise UserError(f"cannot give {error.filename} to the user {user.name}: {error.strerror}") from None


def _hand_over(settings: Settings, user: User) -> None:
    prefix = settings.path()
    # SQLite makes files beside its own, and long bodies of requests wait in files here.
    _share(prefix, user, (prefix.stat().st_mode & 0o777) | 0o1070)
    _share(prefix / "run", user, _SHARED)
    _share(prefix / "ssl", user, _ENTERED)
    _give_snapshot(prefix, user)
    for path in prefix.glob("gopura.sqlite*"):
        _give(path, user)
    hand_over_logs(settings, user)


def hand_over_logs(settings: Settings, user: User) -> None:
    """Make the log files, as only the supervisor may make files in their folder, and let `user` write to them."""
    for path in _log_files(settings):
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(OSError):  # a link, such as one to /dev/stdout, or a pipe that nobody reads
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
            log = os.open(path, flags, 0o644)
            if stat.S_ISREG(os.fstat(log).st_mode):
                os.fchown(log, user.uid, user.gid)
            os.close(log)


def _log_files(settings: Settings) -> Iterator[Path]:
    for name, setting in SETTINGS.items():
        place = settings.get(name)
        if isinstance(setting.kind, LogPath) and place not in (None, "off", "/dev/stdout", "/dev/stderr"):
            yield settings.path(place)


def _share(folder: Path, user: User, mode: int) -> None:
    with opened_folder(folder) as opened:
        os.fchown(opened, 0, user.gid)
        os.fchmod(opened, mode)


def _give_snapshot(prefix: Path, user: User) -> None:
    """What lies below first: as long as the folders are root's, nobody changes what is in them."""
    folder = prefix / "snapshot"
    for _, folders, files, inner in os.fwalk(folder, topdown=False, follow_symlinks=False):
        for name in (*files, *folders):
            _give(name, user, inner)
    _give(folder, user)


def _give(path: Path | str, user: User, below: int | None = None) -> None:
    """Not by name but by descriptor: the name may be another's by then. A file with two names may be anybody's."""
    try:
        opened = os.open(path, _OPEN, dir_fd=below)
    except OSError:  # a link, a socket, or just removed
        return
    try:
        found = os.fstat(opened)
        if stat.S_ISDIR(found.st_mode) or (stat.S_ISREG(found.st_mode) and found.st_nlink == 1):
            os.fchown(opened, user.uid, user.gid)
    finally:
        os.close(opened)
