"""Rate limiting: how many requests somebody may send in a time."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from gopura.plugin import Counters, Exchange, Limits, Node, Phases, Plugin, Use, config
from gopura.plugin import counters as counting
from gopura.plugin.cluster_counters import ClusterCounters
from gopura.plugin.counters import LENGTHS, Usage
from gopura.plugin.redis import Server
from gopura.plugin.redis_counters import RedisCounters, SyncedCounters
from gopura.plugin.redis_fields import RedisFields

PERIODS = ("second", "minute", "hour", "day", "month", "year")

REFUSAL = "API rate limit exceeded"
NOWHERE = "00000000-0000-0000-0000-000000000000"
"""Stands in the keys of counters for no route, no service."""
_FORGET_SECONDS = 60

_Limit = Annotated[float | None, config.Gt(0)]
_IF_REDIS = ("config.policy", config.Eq("redis"))


def _limits(settings: "RateLimiting.Config") -> str | None:
    given = [(period, limit) for period in PERIODS if (limit := getattr(settings, period)) is not None]
    for index, (shorter, low) in enumerate(given):
        for longer, high in given[index + 1 :]:
            if high < low:
                return f"The limit for {longer}({high:.1f}) cannot be lower than the limit for {shorter}({low:.1f})"
    return _sync(settings)


def _sync(settings: "RateLimiting.Config") -> str | None:
    if settings.sync_rate == -1:
        return None
    if settings.policy != "redis":
        return "sync_rate can only be used with the redis policy"
    return "sync_rate must be greater than 0.02, or -1 to disable" if settings.sync_rate < 0.02 else None


class Counted(config.Record):
    """The limits, who they are for, and where it is counted."""

    second: _Limit = None
    """How many requests may come in a second."""
    minute: _Limit = None
    """How many requests may come in a minute."""
    hour: _Limit = None
    """How many requests may come in an hour."""
    day: _Limit = None
    """How many requests may come in a day."""
    month: _Limit = None
    """How many requests may come in a month."""
    year: _Limit = None
    """How many requests may come in a year."""
    limit_by: Annotated[
        str | None, config.OneOf("consumer", "credential", "ip", "service", "header", "path")
    ] = "consumer"
    """Who is counted; where there is no such thing, the address is."""
    header_name: config.HeaderName | None = None
    """The header that says who is counted, with `limit_by` header."""
    path: config.Path | None = None
    """The path whose requests are counted, with `limit_by` path."""
    policy: Annotated[
        str | None,
        config.LenMin(0),
        config.OneOf("local", "cluster", "redis", need_database=("cluster",)),
    ] = "local"
    """Where it is counted: on each node, in the database, in Redis."""
    fault_tolerant: bool = True
    """Whether requests pass when the counters cannot be reached."""


class RateLimiting(Plugin, name="rate-limiting", priority=910):
    """Counts requests, and refuses those above the limit."""

    checks = (
        config.AtLeastOneOf(*(f"config.{period}" for period in PERIODS)),
        config.Conditional(*_IF_REDIS, "config.redis_host", config.Required()),
        config.Conditional(*_IF_REDIS, "config.redis_port", config.Required()),
        config.Conditional("config.limit_by", config.Eq("header"), "config.header_name", config.Required()),
        config.Conditional("config.limit_by", config.Eq("path"), "config.path", config.Required()),
        config.Conditional(*_IF_REDIS, "config.redis_timeout", config.Required()),
    )

    example = {"minute": 2, "policy": "local"}

    class Config(RedisFields, Counted):
        """What is counted, and what is told of it."""

        rules = (config.Custom(_limits),)

        redis_database: int | None = 0
        hide_client_headers: bool = False
        """Whether responses do not tell the limits."""
        error_code: Annotated[float | None, config.Gt(0)] = 429
        """The status of the refusal."""
        error_message: str | None = REFUSAL
        """The message of the refusal."""
        sync_rate: float = -1
        """How many seconds apart nodes tell Redis their counts; -1: with each request."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._counters = Counters()
        self._synced: dict[str, SyncedCounters] = {}

    def start(self) -> None:
        """Forget counters whose time is over, now and then."""
        self.node.every(_FORGET_SECONDS, self._forget)

    def configure(self, configs: Sequence["Limited"]) -> None:
        """Stop exchanging what nobody counts any more."""
        used = [limited.counters for limited in configs]
        self._synced = {key: counters for key, counters in self._synced.items() if counters in used}

    def prepare(self, config: Config, use: Use) -> "Limited":
        """Keep what each request needs: the limits, and where they hold."""
        limits = [(period, limit) for period in PERIODS if (limit := getattr(config, period)) is not None]
        own = Limits(limits, tell=not config.hide_client_headers)
        limited = Limited(config, limits, own, f"{use.route or NOWHERE}:{use.service or NOWHERE}:")
        if config.policy == "cluster":
            limited.counters = ClusterCounters(self.node.ask)
        if config.policy == "redis":
            limited.counters = self._shared(config, use)
        return limited

    def bound_phases(self, config: "Limited") -> Phases:
        """Wait for an answer only where others are asked with each request."""
        phases = super().bound_phases(config)
        if isinstance(config.counters, RedisCounters | ClusterCounters):
            phases["access"] = self._ask, True
        elif config.counters:
            phases["access"] = self._known, True
        return phases

    def access(self, exchange: Exchange, config: "Limited") -> None:
        """Count the request, or refuse it."""
        if not self._counters.hit(exchange, config.key(exchange), config.own):
            refuse(exchange, config.settings)

    async def _known(self, exchange: Exchange, config: "Limited") -> None:
        """Count the request by what is known of all nodes, or refuse it; the first of a window asks."""
        counters, key, now = config.counters, config.key(exchange), counting.windows()
        assert isinstance(counters, SyncedCounters)
        usage = counters.hit(key, config.limits, now)
        if usage is None:
            try:
                await counters.learn(key, config.limits, now)
            except Exception as error:
                if not config.settings.fault_tolerant:
                    raise
                self.log_to.error("failed to get usage: %s", error)  # noqa: TRY400 - not ours to mend
                counters.begin(key, config.limits, now)
            usage = counters.hit(key, config.limits, now)
        if usage is not None:  # its window may have ended meanwhile
            answer(exchange, config, usage)

    async def _ask(self, exchange: Exchange, config: "Limited") -> None:
        """Count the request for all nodes, or refuse it; when that fails it passes, if that is wanted."""
        assert isinstance(config.counters, RedisCounters | ClusterCounters)
        try:
            usage = await config.counters.hit(config.key(exchange), config.limits, counting.windows())
        except Exception as error:
            if not config.settings.fault_tolerant:
                raise
            self.log_to.error("failed to get usage: %s", error)  # noqa: TRY400 - not ours to mend
        else:
            answer(exchange, config, usage)

    def _shared(self, config: Config, use: Use) -> "RedisCounters | SyncedCounters":
        server = Server.of(config)
        if config.sync_rate <= 0:
            return RedisCounters(self.node.redis, server)
        counters = self._synced.get(use.id)
        if counters is None or (counters.server, counters.rate) != (server, config.sync_rate):
            counters = self._synced[use.id] = SyncedCounters(self.node.redis, server, config.sync_rate)
            self.node.spawn(self._exchange(use.id, counters))
        return counters

    async def _exchange(self, key: str, counters: SyncedCounters) -> None:
        """Exchange counts now and then, and once more when these counters are given up."""
        while self._synced.get(key) is counters:
            await asyncio.sleep(counters.rate)
            try:
                await counters.exchange(counting.windows().now)
            except Exception as error:
                self.log_to.error("counts are not exchanged: %s", error)  # noqa: TRY400 - not ours to mend

    async def _forget(self) -> None:
        self._counters.forget()


@dataclass
class Limited:
    """A configuration ready for requests; `counters` when nodes share them."""

    settings: RateLimiting.Config
    limits: list[tuple[str, float]]
    own: Limits
    place: str
    counters: RedisCounters | SyncedCounters | ClusterCounters | None = None

    def key(self, exchange: Exchange) -> str:
        """Who is counted, and where."""
        who = self._who(exchange)
        return self.place + (exchange.request.client_ip if who is None else who)

    def _who(self, exchange: Exchange) -> str | None:
        match self.settings.limit_by:
            case "consumer":
                known = exchange.consumer or exchange.credential
                return known and known.id
            case "credential":
                return exchange.credential and exchange.credential.id
            case "service":
                return exchange.service and exchange.service.id
            case "header":
                value = exchange.request.headers.get(self.settings.header_name or "")
                return value and readable(value)
        path = exchange.request.path
        return path if path == self.settings.path else None


def readable(value: str) -> str:
    """A header's value as UTF-8, which all counters take, with other bytes escaped."""
    if value.isascii():
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def answer(exchange: Exchange, config: Limited, usage: Usage) -> None:
    """Tell the client about its limits, or refuse its request."""
    if not config.settings.hide_client_headers:
        for name, value in told(usage).items():
            exchange.response.headers.set(name, value)
    if usage.exceeded is not None:
        refuse(exchange, config.settings)


def told(usage: Usage) -> dict[str, str]:
    """The headers that tell the client about its limits; the general ones are of the window with the least left."""
    headers: dict[str, str] = {}
    scarcest: tuple[float, int, str, float] | None = None
    for period, limit in usage.limits:
        left = max(0, usage.remaining[period] - (usage.exceeded in (None, period)))
        headers[f"X-RateLimit-Limit-{period.title()}"] = f"{limit:.14g}"
        headers[f"X-RateLimit-Remaining-{period.title()}"] = f"{left:.14g}"
        candidate = (left, -LENGTHS[period], period, limit)
        scarcest = candidate if scarcest is None else min(scarcest, candidate)
    if scarcest:
        left, _, period, limit = scarcest
        reset = usage.windows.reset(period)
        headers |= {"RateLimit-Limit": f"{limit:.14g}", "RateLimit-Remaining": f"{left:.14g}"}
        headers["RateLimit-Reset"] = str(reset)
        if usage.exceeded is not None:
            headers["Retry-After"] = str(reset)
    return headers


def refuse(exchange: Exchange, settings: RateLimiting.Config) -> None:
    """Answer a request above the limit."""
    exchange.error(int(settings.error_code or 429), settings.error_message or REFUSAL)
