"""Proxy cache: answers repeated requests from memory."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Exchange, Headers, Node, Plugin, config
from gopura.plugins.proxy_cache import freshness, rules
from gopura.plugins.proxy_cache.key import key_of, keys_as_kong
from gopura.plugins.proxy_cache.store import HeaderValues, Kept, Memory
from gopura.schema.types.memory import ZONES

DEFAULT_BYTES = 128 << 20
WANTED = "gopura.proxy_cache"
"""Where in `exchange.ctx` a response that is to be kept is gathered."""
SHOWN_BYTES = 8 << 10
"""Bytes of a request's body that are kept beside the response."""
DEBUG = "kong-debug"
"""Requests with this header are told about the cache in any case."""

# What belongs to one connection or to one answer (RFC 9110, 7.6.1).
_ONCE = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailers", "transfer-encoding",
    "upgrade", "content-length", "age", "x-cache-status", "x-cache-key",
})  # fmt: skip

_Flag = Annotated[bool | None, config.Optional()]


def _zone(row: dict[str, Any]) -> str | None:
    settings = row["config"]
    if settings.get("strategy") != "memory":
        return None
    name = settings["memory"]["dictionary_name"]
    return None if name in ZONES else f"missing shared dict '{name}'"


class MemorySettings(config.Record):
    """The node's memory."""

    dictionary_name: str = "kong_db_cache"
    """The name of the zone."""


class ResponseHeaders(config.Record):
    """Headers that tell about the cache."""

    age: bool | None = True
    """Whether cached responses say how old they are."""
    cache_status: Annotated[bool | None, config.Named("X-Cache-Status")] = True
    """Whether responses say if they came from the cache."""
    cache_key: Annotated[bool | None, config.Named("X-Cache-Key")] = True
    """Whether responses say under which key they are cached."""


@dataclass
class Wanted:
    """A response on its way into memory."""

    key: str
    request_body: bytes | None
    headers: HeaderValues = field(default_factory=dict)
    ttl: float = 0
    age: int = 0
    vary: dict[str, list[str]] = field(default_factory=dict)
    must_be_fresh: bool = False
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0


class ProxyCache(Plugin, name="proxy-cache", priority=100, protocols=ALL_PROTOCOLS):
    """Keeps responses, and answers with them."""

    checks = (config.CustomCheck("config", check=_zone),)

    example = {"strategy": "memory", "content_type": ["application/json"], "cache_ttl": 60}

    class Config(config.Record):
        """What is kept, how long, and what tells requests apart."""

        response_code: Annotated[list[Annotated[int, config.Between(100, 900)]], config.LenMin(1)] = [
            200,
            301,
            404,
        ]
        """The statuses of responses that are kept."""
        request_method: list[Annotated[str, config.OneOf("HEAD", "GET", "POST", "PATCH", "PUT")]] = [
            "GET",
            "HEAD",
        ]
        """The methods of requests whose responses are kept."""
        content_type: list[str] = ["text/plain", "application/json"]
        """The content types of responses that are kept."""
        cache_ttl: Annotated[int | None, config.Gt(0)] = 300
        """How many seconds a response is good for."""
        strategy: Annotated[str, config.OneOf("memory")]
        """Where responses are kept."""
        cache_control: bool = False
        """Whether Cache-Control headers are obeyed (RFC 9111); `private` and `no-store` of answers always are."""
        ignore_uri_case: _Flag = False
        """Whether paths that differ only in case are the same."""
        storage_ttl: int | None = None
        """How many seconds a response stays in memory, good or not."""
        memory: MemorySettings
        """The settings of the memory."""
        vary_query_params: list[str] | None = None
        """The query arguments that tell requests apart; all when it is left out."""
        vary_headers: list[str] | None = None
        """The headers that tell requests apart; none when it is left out."""
        response_headers: ResponseHeaders
        """Headers that tell about the cache."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        size = node.settings.get("mem_cache_size") or DEFAULT_BYTES
        self._capacity = size if isinstance(size, int) else in_bytes(str(size))
        self._zones: dict[str, Memory] = {}
        self._as_kong = node.settings.get("proxy_cache_rules") == "kong"

    def zone(self, name: str) -> Memory:
        """The memory of that name."""
        return self._zones.setdefault(name, Memory(self._capacity))

    def answer(self, question: str, params: Mapping[str, Any]) -> Any:
        """Show a response, forget one, or forget all."""
        memories = list(self._zones.values())
        if question == "find":
            found = (kept for memory in memories for kept in memory.get(params["key"]))
            return next((kept.shown() for kept in found), None)
        if question == "purge":
            return sum(memory.purge(params["key"]) for memory in memories) > 0
        if question == "flush":
            for memory in memories:
                memory.flush()
            return True
        return super().answer(question, params)

    def request_body_limit(self, config: Config) -> int:
        """Have the bodies of cached requests read: they are shown beside the responses."""
        return SHOWN_BYTES if {"POST", "PUT", "PATCH"} & set(config.request_method) else 0

    def access(self, exchange: Exchange, config: Config) -> None:
        """Answer from memory, or see to it that the response is kept."""
        asked = freshness.directives(exchange.request.headers)
        key = self._key(exchange, config) if rules.may_ask(exchange, config, asked) else None
        if key is None:
            tell(exchange, config, "X-Cache-Status", "Bypass")
            return
        tell(exchange, config, "X-Cache-Key", key)
        kept = self._find(exchange, config, key)
        if kept and freshness.fresh(kept, config, asked):
            self._answer(exchange, config, key, kept)
        elif config.cache_control and "only-if-cached" in asked:
            exchange.exit(504)
        else:
            self._want(exchange, config, key, "Refresh" if kept else "Miss")

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Decide whether the response may be kept."""
        wanted: Wanted | None = exchange.ctx.get(WANTED)
        if wanted is None:
            return
        headers = exchange.response.headers
        given = freshness.directives(headers)
        if rules.may_keep(exchange, config, given) and (
            self._as_kong or rules.is_for_others(exchange, given)
        ):
            wanted.headers = as_they_are(headers)
            wanted.ttl = freshness.lifetime(headers, given) if config.cache_control else config.cache_ttl or 0
            wanted.age = freshness.age_of(headers) if config.cache_control else 0
            wanted.vary = rules.selecting(exchange.request.headers, rules.vary_of(headers))
            wanted.must_be_fresh = freshness.must_be_fresh(given)
        else:
            tell(exchange, config, "X-Cache-Status", "Bypass")
            del exchange.ctx[WANTED]

    def body_filter(self, exchange: Exchange, config: Config, chunk: bytes, last: bool) -> None:
        """Gather the body, and keep it when it is whole."""
        wanted: Wanted | None = exchange.ctx.get(WANTED)
        if wanted is None:
            return
        wanted.size += len(chunk)
        if wanted.size > self._capacity:
            del exchange.ctx[WANTED]
            return
        wanted.chunks.append(chunk)
        if last and exchange.request.method != "HEAD":
            self._keep(exchange, config, wanted)

    def _key(self, exchange: Exchange, config: Config) -> str | None:
        """The key under which the answer is kept; None where it may depend on what is not known."""
        if self._as_kong:
            return keys_as_kong(exchange, config)
        return None if exchange.request.body is None else key_of(exchange, config, self.node)

    def _find(self, exchange: Exchange, config: Config, key: str) -> Kept | None:
        headers, variants = exchange.request.headers, self.zone(config.memory.dictionary_name).get(key)
        return next((kept for kept in variants if rules.selecting(headers, kept.vary) == kept.vary), None)

    def _want(self, exchange: Exchange, config: Config, key: str, status: str) -> None:
        body = (exchange.request.body or b"") if status == "Miss" else None
        exchange.ctx[WANTED] = Wanted(key, body)
        tell(exchange, config, "X-Cache-Status", status)

    def _answer(self, exchange: Exchange, config: Config, key: str, kept: Kept) -> None:
        headers = {name: value for name, value in kept.headers.items() if repeatable(name)}
        exchange.exit(kept.status, kept.body, headers, proxied=True)
        for name, value in (("Age", str(kept.age)), ("X-Cache-Status", "Hit"), ("X-Cache-Key", key)):
            tell(exchange, config, name, value)

    def _keep(self, exchange: Exchange, config: Config, wanted: Wanted) -> None:
        made = time.time() - wanted.age
        kept = Kept(
            exchange.response.status,
            wanted.headers,
            b"".join(wanted.chunks),
            int(made),
            wanted.ttl,
            made + storage_ttl(config, wanted.ttl),
            wanted.vary,
            wanted.must_be_fresh,
            wanted.request_body,
        )
        self.zone(config.memory.dictionary_name).put(wanted.key, kept)


def tell(exchange: Exchange, config: ProxyCache.Config, name: str, value: str) -> None:
    """Set a header about the cache, if it is wanted."""
    shown = config.response_headers
    wanted = {"Age": shown.age, "X-Cache-Status": shown.cache_status, "X-Cache-Key": shown.cache_key}
    if wanted[name] or DEBUG in exchange.request.headers:
        exchange.response.headers.set(name, value)


def storage_ttl(config: ProxyCache.Config, ttl: float) -> float:
    """How many seconds a response stays in memory; with 0 until others need the room."""
    if config.storage_ttl is None:
        return ttl
    return config.storage_ttl or math.inf


def as_they_are(headers: Headers) -> HeaderValues:
    """Headers by name, written as they came; a list where a name came more than once."""
    found: HeaderValues = {}
    for name, value in headers.items():
        known = found.get(name)
        found[name] = (
            value if known is None else [*known, value] if isinstance(known, list) else [known, value]
        )
    return found


def repeatable(name: str) -> bool:
    """Whether a kept header is sent again."""
    lowered = name.lower()
    return lowered not in _ONCE and "ratelimit-remaining" not in lowered


def in_bytes(text: str) -> int:
    """A size such as `128m`."""
    unit = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}.get(text[-1:].lower())
    return int(text[:-1]) * unit if unit else int(text)
