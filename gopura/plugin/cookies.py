"""Cookies of a request, and the header lines that set them (RFC 6265)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gopura._engine import Headers


def cookie(headers: Headers, name: str) -> str | None:
    """The value of the first cookie of that name."""
    return next((value for found, value in pairs(headers) if found == name), None)


def pairs(headers: Headers) -> Iterator[tuple[str, str]]:
    """Every cookie as name and value, in the order in which they came."""
    for line in headers.get_all("cookie"):
        for part in line.split(";"):
            name, equals, value = part.partition("=")
            if equals:
                yield name.strip(), value.strip()


def without(headers: Headers, *names: str) -> str | None:
    """The Cookie header without some cookies; None when none is left."""
    left = [f"{name}={value}" for name, value in pairs(headers) if name not in names]
    return "; ".join(left) or None
