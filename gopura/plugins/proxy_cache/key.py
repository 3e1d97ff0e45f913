"""What requests for the same response have in common."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from gopura.plugin import forwarded

if TYPE_CHECKING:
    from gopura._engine import Exchange, Request
    from gopura.plugin import Node
    from gopura.plugins.proxy_cache import ProxyCache

_ASSERTED = (
    "x-credential-identifier",
    "x-authenticated-userid",
    "x-authenticated-scope",
    "x-authenticated-groups",
)
"""What plugins tell the upstream of who asks, beside the consumer, which may stand for many people."""

_CREDENTIALS = ("authorization", "proxy-authorization", "cookie")
"""What clients tell the upstream of who asks. With `cache_control`, the upstream says what others may see."""

_FORWARDED = ("x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix")


def key_of(exchange: Exchange, config: ProxyCache.Config, node: Node) -> str:
    """The key of everything that the upstream's answer depends on; its parts cannot run into each other."""
    request = exchange.request
    line = request.target.partition("?")[0]
    return _digest(repr((
        _owner(exchange),
        _lines(request, _ASSERTED),
        "authorization" in request.headers if config.cache_control else _lines(request, _CREDENTIALS),
        _origin(node, request),
        request.method,
        line.lower() if config.ignore_uri_case else line,
        _arguments(request.raw_query, config.vary_query_params),
        _lines(request, config.vary_headers or ()),
        request.body,
    )))  # fmt: skip


def keys_as_kong(exchange: Exchange, config: ProxyCache.Config) -> str:
    """The key that Kong has: neither host nor scheme, and parts that may run into each other."""
    request = exchange.request
    # Kong takes the query out of the request line, and what stands behind it as well.
    line = f"{request.method} {request.target} HTTP/{request.http_version:.1f}".partition("?")[0]
    query = request.query
    lines = {name: request.headers.get_all(name) or None for name in config.vary_headers or ()}
    parts = (
        ":".join(filter(None, _owner(exchange))) or "default",
        request.method,
        line.lower() if config.ignore_uri_case else line,
        _joined(query, config.vary_query_params or sorted(query)),
        _joined(lines, config.vary_headers or []),
    )
    return _digest("|".join(parts))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _owner(exchange: Exchange) -> tuple[str, str]:
    """The consumer (of a route) and the route."""
    consumer, route = exchange.consumer, exchange.route
    return consumer.id if consumer and route else "", route.id if route else ""


def _origin(node: Node, request: Request) -> tuple[str, ...]:
    """Where the request went to, and where a trusted proxy says that it went to: the upstream is told both."""
    host = (request.headers.get("host") or request.host).lower()
    told = (forwarded.told(node, request, name) or "" for name in _FORWARDED)
    return (request.scheme, host, str(request.port), *told)


def _arguments(query: str, names: list[str] | None) -> list[tuple[str, str]]:
    """The arguments that matter, as they were written, by name; those of one name in their order."""
    pairs = ((unquote_plus(part.partition("=")[0]), part) for part in query.split("&") if part)
    return sorted((pair for pair in pairs if not names or pair[0] in names), key=lambda pair: pair[0])


def _lines(request: Request, names: Any) -> list[list[str]]:
    return [request.headers.get_all(name) for name in names]


def _joined(values: dict[str, Any], names: list[str]) -> str:
    pairs = []
    for name in names:
        value = values.get(name)
        if isinstance(value, list):
            pairs.append(f"{name}={','.join(sorted(map(str, value)))}")
        elif value is not None:
            pairs.append(name if value is True else f"{name}={value}")
    return ":".join(pairs)
