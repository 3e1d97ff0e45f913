"""What the supervisor alone writes and reads below the prefix, wherever else another user may write there too.

Started as root it follows no link that is somebody else's, and truncates nothing: each file is made anew beside its
place and then renamed, which replaces whatever stood there.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_WRITABLE_BY_OTHERS = 0o022


@contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    """A descriptor of the folder; OSError for what is none, and for root where it is somebody else's link to one."""
    flags = os.O_RDONLY | os.O_DIRECTORY
    if os.geteuid() == 0 and folder.lstat().st_uid != 0:
        flags |= os.O_NOFOLLOW
    opened = os.open(folder, flags)
    try:
        yield opened
    finally:
        os.close(opened)


def own_folder(folder: Path) -> None:
    """Make the folder root's, for root: who owns it could put links in the place of what is written there."""
    if os.geteuid() != 0:
        return
    with opened_folder(folder) as opened:
        found = os.fstat(opened)
        if found.st_uid != 0:
            os.fchown(opened, 0, -1)
            os.fchmod(opened, stat.S_IMODE(found.st_mode) & ~_WRITABLE_BY_OTHERS)


def foreign_link(folder: Path) -> Path | None:
    """A link in the folder that root would follow though another user has made it."""
    if os.geteuid() != 0:
        return None
    links = (path for path in sorted(folder.iterdir()) if path.is_symlink())
    return next((path for path in links if path.lstat().st_uid != 0), None)


def write_own(path: Path, data: bytes, mode: int = 0o644, owner: int | None = None) -> None:
    """Write a file of its own inode, for the owner (a user's number) if one is given; OSError when it cannot be."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    opened = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(opened, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(opened, mode)
            if owner is not None:
                os.fchown(opened, owner, -1)
        fresh.replace(path)
    except BaseException:
        with suppress(OSError):
            fresh.unlink()
        raise


def read_own(path: Path, *, written_by_us: bool = False) -> bytes:
    """What a file holds, which is no link; PermissionError if it has to be this process's own user's and is not."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        if written_by_us and os.fstat(file.fileno()).st_uid != os.geteuid():
            raise PermissionError(f"{path} belongs to another user")
        return file.read()
