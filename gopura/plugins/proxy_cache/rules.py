"""Which requests may be answered from memory, and which responses may be kept."""

from __future__ import annotations

import hashlib
import time
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING, Any

from gopura.plugin.media_type import parse

if TYPE_CHECKING:
    from gopura._engine import Exchange, Headers
    from gopura.plugins.proxy_cache import ProxyCache
    from gopura.plugins.proxy_cache.store import Kept

Directives = dict[str, str | bool]


def directives(headers: Headers) -> Directives:
    """What Cache-Control says: values by name, True for those without."""
    found: Directives = {}
    for part in ", ".join(headers.get_all("cache-control")).split(","):
        name, equals, value = part.strip().partition("=")
        if name:
            found[name.lower()] = value.strip('"') if equals else True
    return found


def seconds(given: Directives, name: str) -> float | None:
    """The number of a directive, if it has one."""
    value = given.get(name)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def may_ask(exchange: Exchange, config: ProxyCache.Config, given: Directives) -> bool:
    """Whether a request may be answered from memory."""
    if exchange.request.method not in config.request_method:
        return False
    if not config.cache_control:
        return True
    refused = "no-store" in given or "no-cache" in given
    return not refused and "authorization" not in exchange.request.headers


def may_keep(exchange: Exchange, config: ProxyCache.Config, given: Directives) -> bool:
    """Whether a response may be kept."""
    response = exchange.response
    types = response.headers.get_all("content-type")
    if response.status not in config.response_code or len(types) != 1 or not types[0]:
        return False
    if not any(matches(types[0], expected) for expected in config.content_type):
        return False
    if "*" in vary_of(response.headers):
        return False
    if not config.cache_control:
        return True
    return not given.keys() & {"private", "no-store", "no-cache"} and lifetime(response.headers, given) > 0


def lifetime(headers: Headers, given: Directives) -> float:
    """Seconds that the upstream lets its response be used."""
    age = seconds(given, "s-maxage")
    age = seconds(given, "max-age") if age is None else age
    if age is None:
        expires = headers.get_all("expires")
        moment = parsedate_tz(expires[-1]) if expires else None
        age = mktime_tz(moment) - time.time() if moment else 0
    return max(age, 0)


def fresh(kept: Kept, config: ProxyCache.Config, given: Directives) -> bool:
    """Whether the client takes a kept response."""
    if not config.cache_control:
        return kept.age <= (config.cache_ttl or 0)
    oldest, stale, freshest = (seconds(given, name) for name in ("max-age", "max-stale", "min-fresh"))
    too_old = oldest is not None and kept.age > oldest
    too_stale = stale is not None and kept.age - kept.ttl > stale
    too_short = freshest is not None and kept.ttl - kept.age < freshest
    return not (too_old or too_stale or too_short)


def matches(given: str, expected: str) -> bool:
    """Whether a media type is the expected one, which may have `*`; the parameters must be the same."""
    wanted, found = parse(expected), parse(given)
    if wanted is None:
        return False
    own = (found.kind, found.subtype, found.parameters) if found else ("", "", {})
    kinds = zip(own[:2], (wanted.kind, wanted.subtype), strict=True)
    return all(part in ("*", of) for of, part in kinds) and own[2] == wanted.parameters


def vary_of(headers: Headers) -> list[str]:
    """The request headers that a response depends on."""
    names = ",".join(headers.get_all("vary")).lower().split(",")
    return [name.strip() for name in names if name.strip()]


def selecting(headers: Headers, names: list[str]) -> dict[str, str | None]:
    """The values of request headers."""
    return {name: headers.get(name) for name in names}


def key_of(exchange: Exchange, config: ProxyCache.Config) -> str:
    """What requests for the same response have in common."""
    request, consumer, route = exchange.request, exchange.consumer, exchange.route
    # Kong takes the query out of the request line, and what stands behind it as well.
    line = f"{request.method} {request.target} HTTP/{request.http_version:.1f}".partition("?")[0]
    owner = f"{consumer.id}:{route.id}" if consumer and route else route.id if route else "default"
    query = request.query
    arguments = _chosen(query, config.vary_query_params or sorted(query))
    lines = {name: request.headers.get_all(name) or None for name in config.vary_headers or ()}
    parts = (
        owner,
        request.method,
        line.lower() if config.ignore_uri_case else line,
        arguments,
        _chosen(lines, config.vary_headers or []),
    )
    return hashlib.sha256("|".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _chosen(values: dict[str, Any], names: list[str]) -> str:
    pairs = []
    for name in names:
        value = values.get(name)
        if isinstance(value, list):
            pairs.append(f"{name}={','.join(sorted(map(str, value)))}")
        elif value is not None:
            pairs.append(name if value is True else f"{name}={value}")
    return ":".join(pairs)
