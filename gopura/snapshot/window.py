"""What changed last, kept to bring a data plane up to date that has an earlier version."""

from __future__ import annotations

from typing import NamedTuple

from gopura.snapshot.encoding import delta_message


class Step(NamedTuple):
    """One entity as it was after a version; `encoded` is None when it was deleted."""

    version: int
    entity: str
    key: str
    encoded: bytes | None


class Window:
    """The last change of each entity that changed after `start`, for at most `limit` entities.

    Earlier changes of the same entity bring nobody up to date: keeping them would only take memory.
    """

    def __init__(self, start: int, limit: int) -> None:
        self._start = start
        self._limit = limit
        self._steps: dict[tuple[str, str], Step] = {}

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, step: Step) -> None:
        """Append a change, forgetting the oldest beyond the limit."""
        self._steps.pop((step.entity, step.key), None)
        self._steps[step.entity, step.key] = step
        if len(self._steps) > self._limit:
            oldest = next(iter(self._steps))
            self._start = self._steps.pop(oldest).version

    def covers(self, version: int) -> bool:
        """Tell whether all changes after a version are still known."""
        return version >= self._start

    def delta(self, start: int, version: int, total: int) -> bytes:
        """The message from one version to another: of several changes of an entity only the last."""
        changes: list[tuple[str, str, bytes | None]] = []
        for step in reversed(self._steps.values()):
            if step.version <= start:
                break
            changes.append((step.entity, step.key, step.encoded))
        return delta_message(start, version, total, reversed(changes))
