"""Cookies that are too large for one: `session`, `session2` and so on."""

from __future__ import annotations

_COOKIE_BYTES = 4096
"""What browsers keep of one cookie: name, `=` and value."""
_COOKIES = 9


class TooLargeError(ValueError):
    """A session that does not fit into as many cookies as there may be."""


def name_of(name: str, number: int) -> str:
    """The name of the first, second and so on cookie."""
    return name if number == 1 else f"{name}{number}"


def split(name: str, text: str) -> list[tuple[str, str]]:
    """Names and values of the cookies that carry a text; raises TooLargeError."""
    end = _COOKIE_BYTES - len(name) - 1
    parts = [text[:end]]
    step = end - 1
    parts += [text[at : at + step] for at in range(end, len(text), step)]
    if len(parts) > _COOKIES:
        raise TooLargeError("cookie size limit exceeded")
    return [(name_of(name, number), part) for number, part in enumerate(parts, 1)]


def count(name: str, size: int) -> int:
    """How many cookies carry a text of this size."""
    step = _COOKIE_BYTES - len(name) - 2
    return min(max(1, -((1 - size) // step)), _COOKIES)
