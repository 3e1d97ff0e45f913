"""Response rate limiting: how much of something that upstreams count somebody may use in a time."""

from typing import Annotated

from gopura.plugin import Plugin, config

PERIODS = ("second", "minute", "hour", "day", "month", "year")

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


class ResponseRateLimiting(Plugin, name="response-ratelimiting", priority=900):
    """Adds up what upstreams' responses count, and refuses requests above a limit."""

    checks = (
        config.Conditional(*_IF_REDIS, "config.redis_host", config.Required()),
        config.Conditional(*_IF_REDIS, "config.redis_port", config.Required()),
        config.Conditional(*_IF_REDIS, "config.redis_timeout", config.Required()),
    )

    class Config(config.Record):
        """The limits, who they are for, and where it is counted."""

        header_name: str | None = "x-kong-limit"
        """The response header in which upstreams say what was used: `videos=1, minutes=20`."""
        limit_by: Annotated[str | None, config.OneOf("consumer", "credential", "ip")] = "consumer"
        """Who is counted; where there is no such thing, the address is."""
        policy: Annotated[str | None, config.OneOf("local", "cluster", "redis")] = "local"
        """Where it is counted: on each node, in the database, in Redis."""
        fault_tolerant: bool = True
        """Whether requests pass when the counters cannot be reached."""
        redis_host: config.Host | None = None
        """The host of the Redis server."""
        redis_port: config.Port | None = 6379
        """The port of the Redis server."""
        redis_password: Annotated[str | None, config.LenMin(0), config.Referenceable()] = None
        """The password at the Redis server."""
        redis_username: Annotated[str | None, config.Referenceable()] = None
        """The user name at the Redis server."""
        redis_ssl: bool = False
        """Whether to talk to Redis by TLS."""
        redis_ssl_verify: bool = False
        """Whether to verify the certificate of the Redis server."""
        redis_server_name: config.Sni | None = None
        """The server name of the TLS hello to Redis."""
        redis_timeout: float | None = 2000
        """How many milliseconds Redis may take."""
        redis_database: float | None = 0
        """The number of the database in Redis."""
        block_on_first_violation: bool = False
        """Whether one exhausted limit refuses requests that would use others."""
        hide_client_headers: bool = False
        """Whether responses do not tell the limits."""
        limits: Annotated[dict[str, Annotated[Limits, config.Required()]], config.LenMin(1)]
        """What is limited, each thing with its limits."""
