"""How much compiling one entity or request may cause: patterns cost a hundred times what other texts do.

Nothing is counted outside of `bounded`, so data planes take whatever was stored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST_PATTERNS = 1 << 18
"""Bytes of patterns in one request, or in one entity of a document."""
_EACH = 40
"""Bytes that a short pattern costs more than its own."""


class TooMuch(Exception):  # noqa: N818 - becomes an answer
    """There are too many patterns, or too long ones."""

    def __init__(self) -> None:
        super().__init__(
            f"the regular expressions are too many or too long: all of them have at most {MOST_PATTERNS} "
            f"characters, {_EACH} added to each"
        )


class _Left:
    patterns = MOST_PATTERNS


_left: ContextVar[_Left | None] = ContextVar("effort", default=None)


@contextmanager
def bounded() -> Iterator[None]:
    """Allow MOST_PATTERNS for what is validated inside."""
    token = _left.set(_Left())
    try:
        yield
    finally:
        _left.reset(token)


def spend(pattern: str) -> None:
    """Tell that a pattern is about to be compiled; TooMuch when that is more than may be."""
    left = _left.get()
    if left is not None:
        left.patterns -= len(pattern) + _EACH
        if left.patterns < 0:
            raise TooMuch
