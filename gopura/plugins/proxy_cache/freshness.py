"""How long a response is good (RFC 9111, 4.2 and 5.2)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from gopura.plugin.dates import moment

if TYPE_CHECKING:
    from gopura._engine import Headers
    from gopura.plugins.proxy_cache import ProxyCache
    from gopura.plugins.proxy_cache.store import Kept

Directives = dict[str, str | bool]

_MOST = 1 << 31
"""Seconds that stand for any larger number (RFC 9111, 1.2.2)."""


def directives(headers: Headers) -> Directives:
    """What Cache-Control says: values by name, True for those without; the first of one name counts."""
    found: Directives = {}
    for part in ", ".join(headers.get_all("cache-control")).split(","):
        name, equals, value = part.strip().partition("=")
        if name:
            found.setdefault(name.lower(), value.strip('"') if equals else True)
    return found


def seconds(given: Directives, name: str) -> int | None:
    """The number of a directive, if it has one."""
    return _number(given.get(name))


def lifetime(headers: Headers, given: Directives) -> float:
    """Seconds that the upstream lets its response be used, from the moment that it was made."""
    for name in ("s-maxage", "max-age"):
        if name in given:
            return seconds(given, name) or 0
    expires = headers.get_all("expires")
    end = moment(expires[-1]) if expires else None
    return 0 if end is None else max(end - time.time(), 0)


def age_of(headers: Headers) -> int:
    """Seconds that a response spent in other caches."""
    return _number(headers.get("age")) or 0


def must_be_fresh(given: Directives) -> bool:
    """Whether a response may never be used when it is too old, whatever the client takes."""
    return not given.keys().isdisjoint(("must-revalidate", "proxy-revalidate", "s-maxage"))


def fresh(kept: Kept, config: ProxyCache.Config, asked: Directives) -> bool:
    """Whether the client takes a kept response."""
    if not config.cache_control:
        return kept.age <= (config.cache_ttl or 0)
    left, oldest, freshest = kept.ttl - kept.age, seconds(asked, "max-age"), seconds(asked, "min-fresh")
    if oldest is not None and kept.age > oldest:
        return False
    if freshest is not None and left < freshest:
        return False
    return left > 0 or (not kept.must_be_fresh and _takes_stale(-left, asked))


def _takes_stale(too_old: float, asked: Directives) -> bool:
    most = seconds(asked, "max-stale")
    return asked.get("max-stale") is True or (most is not None and too_old <= most)


def _number(value: str | bool | None) -> int | None:
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
        return None
    return int(value) if len(value) <= len(str(_MOST)) else _MOST
