"""Waiting for what nobody announces; only a fault, or a machine that stands still, makes it last."""

import time
from collections.abc import Callable

PATIENCE = 30.0
"""Seconds for what comes at once on a machine that has time."""


def wait_for(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to be"
        time.sleep(0.01)
