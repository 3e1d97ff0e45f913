"""Response rate limiting: how much of something that upstreams count somebody may use in a time."""

from dataclasses import dataclass, field
from typing import Annotated

from gopura.plugin import Exchange, Node, Pattern, Phases, Plugin, Use, config
from gopura.plugin import counters as counting
from gopura.plugin.cluster_counters import ClusterCounters
from gopura.plugin.counters import LocalCounters, Usage
from gopura.plugin.redis import Server
from gopura.plugin.redis_counters import RedisCounters
from gopura.plugin.redis_fields import RedisFields

PERIODS = ("second", "minute", "hour", "day", "month", "year")

_HEADER = "x-kong-limit"
_WHOLE = Pattern(r"^-?[0-9]+\z")
_FORGET_SECONDS = 60

_Limit = Annotated[float | None, config.Gt(0)]
_IF_REDIS = ("config.policy", config.Eq("redis"))


def _order(limits: "Limits") -> str | None:
    given = [(period, limit) for period in PERIODS if (limit := getattr(limits, period)) is not None]
    for index, (shorter, low) in enumerate(given):
        for longer, high in given[index + 1 :]:
            if high < low:
                return f"the limit for {longer}({high:.1f}) cannot be lower than the limit for {shorter}({low:.1f})"
    return None


class Limits(config.Record):
    """The limits of one thing."""

    rules = (config.Custom(_order),)
    checks = (config.AtLeastOneOf(*PERIODS),)

    second: _Limit = None
    """How much in a second."""
    minute: _Limit = None
    """How much in a minute."""
    hour: _Limit = None
    """How much in an hour."""
    day: _Limit = None
    """How much in a day."""
    month: _Limit = None
    """How much in a month."""
    year: _Limit = None
    """How much in a year."""


class Subject(config.Record):
    """What is counted, for whom, and where."""

    header_name: str | None = _HEADER
    """The response header in which upstreams say what was used: `videos=1, minutes=20`."""
    limit_by: Annotated[str | None, config.OneOf("consumer", "credential", "ip")] = "consumer"
    """Who is counted; where there is no such thing, the address is."""
    policy: Annotated[str | None, config.OneOf("local", "cluster", "redis", need_database=("cluster",))] = (
        "local"
    )
    """Where it is counted: on each node, in the database, in Redis."""
    fault_tolerant: bool = True
    """Whether requests pass when the counters cannot be reached."""


class ResponseRateLimiting(Plugin, name="response-ratelimiting", priority=900):
    """Adds up what upstreams' responses count, and refuses requests above a limit."""

    checks = (
        config.Conditional(*_IF_REDIS, "config.redis_host", config.Required()),
        config.Conditional(*_IF_REDIS, "config.redis_port", config.Required()),
        config.Conditional(*_IF_REDIS, "config.redis_timeout", config.Required()),
    )

    example = {"limits": {"videos": {"minute": 2}}, "policy": "local", "block_on_first_violation": True}

    class Config(RedisFields, Subject):
        """The limits, and what happens at them."""

        block_on_first_violation: bool = False
        """Whether one exhausted limit refuses requests that would use others."""
        hide_client_headers: bool = False
        """Whether responses do not tell the limits."""
        limits: Annotated[dict[str, Annotated[Limits, config.Required()]], config.LenMin(1)]
        """What is limited, each thing with its limits."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._counters = LocalCounters()

    def start(self) -> None:
        """Forget counters whose time is over, now and then."""
        self.node.every(_FORGET_SECONDS, self._forget)

    def prepare(self, config: Config, use: Use) -> "Limited":
        """Keep what each request needs: the limits of each thing, and where they hold."""
        limits = {
            name: [(period, limit) for period in PERIODS if (limit := getattr(of, period)) is not None]
            for name, of in config.limits.items()
        }
        return Limited(config, limits, f"{use.route}:{use.service}:", self._shared(config))

    def bound_phases(self, config: "Limited") -> Phases:
        """Wait for answers only where nodes count together."""
        phases = super().bound_phases(config)
        if config.shared is not None:
            phases |= {"access": (self._ask, True), "log": (self._report, True)}
        return phases

    def access(self, exchange: Exchange, config: "Limited") -> None:
        """Tell the upstream what is left; refuse the request when nothing is, if that is wanted."""
        key, now = config.key(exchange), counting.windows()
        usages = {name: self._counters.look(key + name, of, now) for name, of in config.limits.items()}
        self._decide(exchange, config, Counted(key, usages))

    async def _ask(self, exchange: Exchange, config: "Limited") -> None:
        """Do so by what all nodes have counted; when that is unknown the request passes, if that is wanted."""
        assert config.shared is not None
        key, now = config.key(exchange), counting.windows()
        try:
            usages = await config.shared.look([(key + name, of) for name, of in config.limits.items()], now)
        except Exception as error:
            if not config.settings.fault_tolerant:
                raise
            self.log_to.error("failed to get usage: %s", error)  # noqa: TRY400 - not ours to mend
        else:
            self._decide(exchange, config, Counted(key, dict(zip(config.limits, usages, strict=True))))

    def _decide(self, exchange: Exchange, config: "Limited", counted: "Counted") -> None:
        for name, usage in counted.usages.items():
            if config.settings.block_on_first_violation and usage.exceeded:
                exchange.error(429, f"API rate limit exceeded for '{name}'")
                return
            left = min(usage.remaining.values())
            exchange.upstream_request.headers.set(f"X-RateLimit-Remaining-{name}", f"{left:.14g}")
        exchange.ctx[self.name] = counted

    def header_filter(self, exchange: Exchange, config: "Limited") -> None:
        """Read what the upstream counted, tell the client what is left, refuse what is above a limit."""
        counted: Counted | None = exchange.ctx.get(self.name)
        if counted is None:
            return
        name = config.settings.header_name or _HEADER
        counted.costs = costs(exchange.response.headers.get_all(name), config.limits)
        if not config.settings.hide_client_headers:
            tell(exchange, counted)
        exchange.response.headers.remove(name)
        if any(counted.costs.get(of, 0) > 0 and usage.exceeded for of, usage in counted.usages.items()):
            counted.costs = {}
            exchange.exit(429)

    def log(self, exchange: Exchange, config: "Limited") -> None:
        """Add what was used to the counters."""
        counted: Counted | None = exchange.ctx.get(self.name)
        if counted is None:
            return
        for name, cost in counted.costs.items():
            usage = counted.usages[name]
            self._counters.add(counted.key + name, usage.limits, usage.windows, cost)

    async def _report(self, exchange: Exchange, config: "Limited") -> None:
        """Add what was used to the counters of all nodes."""
        counted: Counted | None = exchange.ctx.get(self.name)
        if counted is None or config.shared is None:
            return
        for name, cost in counted.costs.items():
            usage = counted.usages[name]
            await config.shared.add(counted.key + name, usage.limits, usage.windows, cost)

    def _shared(self, config: Config) -> RedisCounters | ClusterCounters | None:
        if config.policy == "redis":
            return RedisCounters(self.node.redis, Server.of(config))
        return ClusterCounters(self.node.ask) if config.policy == "cluster" else None

    async def _forget(self) -> None:
        self._counters.forget(counting.windows())


@dataclass(frozen=True)
class Limited:
    """A configuration ready for requests."""

    settings: ResponseRateLimiting.Config
    limits: dict[str, list[tuple[str, float]]]
    place: str
    shared: RedisCounters | ClusterCounters | None = None
    """Counters of all nodes, when they count together."""

    def key(self, exchange: Exchange) -> str:
        """Who is counted, and where."""
        known = None
        if self.settings.limit_by == "consumer":
            known = exchange.consumer or exchange.credential
        elif self.settings.limit_by == "credential":
            known = exchange.credential
        return f"{self.place}{known.id if known else exchange.request.client_ip}:"


@dataclass
class Counted:
    """What is known of one request: whose it is, what was left, what it cost."""

    key: str
    usages: dict[str, Usage]
    costs: dict[str, int] = field(default_factory=dict)


def costs(values: list[str], limits: dict[str, list[tuple[str, float]]]) -> dict[str, int]:
    """What an upstream says was used: `videos=1, minutes=20`."""
    found: dict[str, int] = {}
    for item in ",".join(values).split(","):
        name, equals, value = item.partition("=")
        if equals and name.strip() in limits and _WHOLE.matches(value.strip()):
            found[name.strip()] = int(value)
    return found


def tell(exchange: Exchange, counted: Counted) -> None:
    """Set the headers that tell the client about its limits."""
    headers = exchange.response.headers
    for name, usage in counted.usages.items():
        for period, limit in usage.limits:
            left = max(0, usage.remaining[period] - counted.costs.get(name, 0))
            headers.set(f"X-RateLimit-Limit-{name}-{period}", f"{limit:.14g}")
            headers.set(f"X-RateLimit-Remaining-{name}-{period}", f"{left:.14g}")
