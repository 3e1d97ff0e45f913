"""The health of targets, kept from one data process to the next.

Kong's workers share it in memory, so a reload there forgets nothing. Here a file in the prefix carries it: a process
that takes over begins with what the one before it saw. The supervisor removes the file when the gateway starts.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import orjson

from gopura._engine import Engine

log = logging.getLogger(__name__)

Seen = Sequence[tuple[str, str, int, str]]
"""Unhealthy addresses: the Upstream's id, the target's host and port, the IP."""


class HealthRecord:
    """What the file says, and what the engine knows."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self._written: Seen = []

    def save(self) -> None:
        """Write down which addresses are unhealthy, when that changed."""
        seen = sorted(self._engine.unhealthy())
        if seen == self._written:
            return
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(seen))
        fresh.replace(self._path)
        self._written = seen

    def restore(self) -> None:
        """Have the engine take those addresses for unhealthy until checks or requests say otherwise."""
        for upstream, host, port, ip in self._read():
            self._engine.set_target_health(upstream, host, port, healthy=False, ip=ip)
        self._written = sorted(self._engine.unhealthy())

    def _read(self) -> Seen:
        try:
            return [(str(u), str(host), int(port), str(ip)) for u, host, port, ip in self._saved()]
        except (OSError, ValueError, TypeError) as error:
            log.warning("the health of targets before the reload is lost: %s", error)
            return []

    def _saved(self) -> Seen:
        if not self._path.exists():
            return []
        saved: Seen = orjson.loads(self._path.read_bytes())
        return saved
