"""Processes of a supervisor that was killed: the next one ends them, as they hold its ports and its database.

They are known by the ids that the supervisor wrote down with when each began: an id alone may be another's now.
"""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path

import psutil

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
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(self._began))
        fresh.replace(self._path)

    def end_left(self) -> None:
        """End what the supervisor before this one has left: they get a moment to end by themselves, then are killed."""
        left = [psutil.Process(pid) for pid, began in self._written().items() if _beginning(pid) == began]
        _, hanging = psutil.wait_procs(left, _OWN_END_SECONDS)
        for process in hanging:
            log.warning("the process %d of a supervisor that is gone did not end, and is killed", process.pid)
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(hanging, _FORCED_SECONDS)
        self._path.unlink(missing_ok=True)

    def _written(self) -> dict[int, str]:
        try:
            return {int(pid): str(began) for pid, began in json.loads(self._path.read_text()).items()}
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
