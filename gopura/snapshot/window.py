"""The last changes, kept to bring a data plane up to date that has an earlier version."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from gopura.snapshot.encoding import delta_message


class Step(NamedTuple):
    """One entity as it was after a version; `encoded` is None when it was deleted."""

    version: int
    entity: str
    key: str
    encoded: bytes | None


class Window:
    """The changes after `start`, at most `limit` of them."""

    def __init__(self, start: int, limit: int) -> None:
        self._start = start
        self._limit = limit
        self._steps: deque[Step] = deque()

    def add(self, step: Step) -> None:
        """Append a change, forgetting the oldest beyond the limit."""
        self._steps.append(step)
        if len(self._steps) > self._limit:
            self._start = self._steps.popleft().version

    def covers(self, version: int) -> bool:
        """Tell whether all changes after a version are still known."""
        return version >= self._start

    def delta(self, start: int, version: int, total: int) -> bytes:
        """The message from one version to another: of several changes of an entity only the last."""
        last: dict[tuple[str, str], bytes | None] = {}
        for step in reversed(self._steps):
            if step.version <= start:
                break
            last.setdefault((step.entity, step.key), step.encoded)
        changes = [(entity, key, encoded) for (entity, key), encoded in reversed(last.items())]
        return delta_message(start, version, total, changes)
