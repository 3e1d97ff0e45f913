"""Dates of headers (RFC 9110, 5.6.7)."""

from __future__ import annotations

from email.utils import mktime_tz, parsedate_tz


def moment(text: str | None) -> float | None:
    """Seconds since 1970; None for what is no date."""
    parsed = parsedate_tz(text) if text else None
    if parsed is None:
        return None
    try:
        return mktime_tz((*parsed[:9], parsed[9] or 0))
    except (ValueError, OverflowError):
        return None
