"""What whoever configures something should know although it is valid."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

log = logging.getLogger(__name__)
_MOST = 100

_collected: ContextVar[list[str] | None] = ContextVar("advice", default=None)


def advise(message: str) -> None:
    """Tell it to whoever collects it; each message once, and the first hundred."""
    collected = _collected.get()
    if collected is not None and len(collected) < _MOST and message not in collected:
        collected.append(message)


@contextmanager
def collecting() -> Iterator[list[str]]:
    """Collect what is advised meanwhile, which the log tells as well; within another collection, into that."""
    outer = _collected.get()
    if outer is not None:
        yield outer
        return
    collected: list[str] = []
    token = _collected.set(collected)
    try:
        yield collected
    finally:
        _collected.reset(token)
        for message in collected:
            log.warning("%s", message)
