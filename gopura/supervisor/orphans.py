"""Processes of a supervisor that was killed: the next one ends them, as they hold its ports and its database.

They are known by the ids that the supervisor wrote down with when each began: an id alone may be another's now.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from gopura.supervisor.own_files import read_own, write_own

log = logging.getLogger(__name__)

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_OWN_END_SECONDS = 5.0
"""They end by themselves when they see that their supervisor is gone."""
_FORCED_SECONDS = 10.0


class Processes:
    """The processes below a supervisor, in a file that outlives it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began: dict[int, str] = {}

    def add(self, pid: int) -> None:
        """Write down one that was started; those that have ended are forgotten."""
        self._began = {known: began for known, began in self._began.items() if _beginning(known) == began}
        if (began := _beginning(pid)) is not None:
            self._began[pid] = began
        write_own(self._path, json.dumps(self._began).encode())

    def end_left(self) -> None:
        """End what the supervisor before this one has left: they get a moment to end by themselves, then are killed."""
        left = list(self._left())
        _, hanging = psutil.wait_procs(left, _OWN_END_SECONDS)
        for process in hanging:
            log.warning("the process %d of a supervisor that is gone did not end, and is killed", process.pid)
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(hanging, _FORCED_SECONDS)
        self._path.unlink(missing_ok=True)

    def _left(self) -> Iterator[psutil.Process]:
        for pid, began in self._written().items():
            with suppress(psutil.Error):  # it ends just now
                process = psutil.Process(pid)  # first: it tells a process from a later one with the same id
                if _beginning(pid) == began:
                    yield process

    def _written(self) -> dict[int, str]:
        """Only what the supervisor's own user wrote: another could name any process there, for root to end."""
        try:
            written = json.loads(read_own(self._path, written_by_us=True))
            return {int(pid): str(began) for pid, began in written.items()}
        except (OSError, ValueError, AttributeError):
            return {}


def _beginning(pid: int) -> str | None:
    """When a process began, in ticks since the machine did, and which beginning of the machine; None if it is gone."""
    try:
        # The name, in brackets, may hold spaces; the beginning is the twentieth word after it.
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if words[0] == "Z" else f"{words[19]} {_BOOT.read_text().strip()}"
    except OSError:
        pass
    try:
        return str(psutil.Process(pid).create_time())  # where there is no /proc
    except psutil.Error:
        return None
