"""The file of the embedded database: how it begins, and whether it was cut."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress

from gopura.settings import Settings

NAME = "gopura.sqlite"


class LostDatabaseError(Exception):
    """The file is empty though this node has served a configuration: who began anew would lose that too."""


def begin(settings: Settings) -> None:
    """Make the file, unless it is there: for its owner alone, and with a head, so that only a cut one is empty.

    OSError or sqlite3.Error when that is not possible.
    """
    path = settings.path(NAME)
    with suppress(FileExistsError):
        # It holds keys and credentials; SQLite would let everybody read a file that it makes itself.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")


def refuse_cut(settings: Settings) -> None:
    """LostDatabaseError when the file was cut to nothing, and what was served last is still there."""
    path, saved = settings.path(NAME), settings.path("snapshot", "current")
    if settings.database == "sqlite" and path.exists() and path.stat().st_size == 0 and saved.exists():
        raise LostDatabaseError(
            f"{path} is empty, though this node has served a configuration: put a backup of it in its place, "
            "or delete it to begin with an empty configuration"
        )
