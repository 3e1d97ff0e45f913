"""Which requests may be answered from memory, and which responses may be kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gopura.plugin.media_type import parse
from gopura.plugins.proxy_cache.freshness import Directives, age_of, lifetime

if TYPE_CHECKING:
    from gopura._engine import Exchange, Headers
    from gopura.plugins.proxy_cache import ProxyCache

_PARTIAL = (206, 304)
"""Answers that are whole only for who asked in that way (RFC 9111, 3.3 and 4.3.3)."""

_FOR_ALL = ("public", "s-maxage", "must-revalidate")
"""With one of these, the answer to a request with Authorization may be kept (RFC 9111, 3.5)."""


def may_ask(exchange: Exchange, config: ProxyCache.Config, given: Directives) -> bool:
    """Whether a request may be answered from memory."""
    if exchange.request.method not in config.request_method:
        return False
    return not config.cache_control or given.keys().isdisjoint(("no-store", "no-cache"))


def may_keep(exchange: Exchange, config: ProxyCache.Config, given: Directives) -> bool:
    """Whether a response may be kept, by the configuration, and by RFC 9111 where that is asked for."""
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
    if not given.keys().isdisjoint(("private", "no-store", "no-cache")):
        return False
    if "authorization" in exchange.request.headers and given.keys().isdisjoint(_FOR_ALL):
        return False
    return lifetime(response.headers, given) > age_of(response.headers)


def is_for_others(exchange: Exchange, given: Directives) -> bool:
    """Whether a response is more than an answer to one person or to one part of a thing."""
    if not given.keys().isdisjoint(("private", "no-store")) or "set-cookie" in exchange.response.headers:
        return False
    return exchange.response.status not in _PARTIAL and "range" not in exchange.request.headers


def matches(given: str, expected: str) -> bool:
    """Whether a media type is the expected one, which may have `*`; the parameters must be the same."""
    wanted, found = parse(expected), parse(given)
    if wanted is None:
        return False
    own = (found.kind, found.subtype, found.parameters) if found else ("", "", {})
    kinds = zip(own[:2], (wanted.kind, wanted.subtype), strict=True)
    return all(part in ("*", of) for of, part in kinds) and own[2] == wanted.parameters


def vary_of(headers: Headers) -> list[str]:
    """The request headers that a response depends on; an encoded one depends on who can decode it, said or not."""
    names = ",".join(headers.get_all("vary")).lower().split(",")
    found = [name.strip() for name in names if name.strip()]
    encoded = (headers.get("content-encoding") or "identity").strip().lower() != "identity"
    return [*found, "accept-encoding"] if encoded and "accept-encoding" not in found else found


def selecting(headers: Headers, names: Iterable[str]) -> dict[str, list[str]]:
    """The values of request headers."""
    return {name: headers.get_all(name) for name in names}
