"""Health checks of an upstream: probes (active) and watching the traffic (passive)."""

from typing import Annotated, Any

from gopura.schema import Between, Headers, OneOf, Optional, Path, Record, Sni
from gopura.schema.complete import complete

_Seconds = Annotated[float | None, Between(0, 65535)]
_Count = Annotated[int | None, Between(0, 255)]
_Statuses = list[Annotated[int, Between(100, 999)]]
_Kind = Annotated[str | None, OneOf("tcp", "http", "https", "grpc", "grpcs")]


class Completed(Record):
    """A record whose default is all its fields' defaults."""

    @classmethod
    def complete(cls) -> Any:
        """The defaults that are not null, as a JSON object."""
        return _without_nulls(complete(cls.shape(), {}))


def _without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(item) for name, item in value.items() if item is not None}


class PassiveHealthy(Completed):
    """When the traffic shows that a target is well."""

    successes: _Count = 0
    """How many good answers make it healthy; 0 turns this off."""
    http_statuses: _Statuses | None = [*range(200, 209), 226, *range(300, 309)]
    """The statuses of good answers."""


class PassiveUnhealthy(Completed):
    """When the traffic shows that a target is sick."""

    http_failures: _Count = 0
    """How many bad answers make it unhealthy; 0 turns this off."""
    http_statuses: _Statuses | None = [429, 500, 503]
    """The statuses of bad answers."""
    tcp_failures: _Count = 0
    """How many failed connections make it unhealthy; 0 turns this off."""
    timeouts: _Count = 0
    """How many time-outs make it unhealthy; 0 turns this off."""


class Passive(Completed):
    """Watching the traffic."""

    healthy: PassiveHealthy = PassiveHealthy.complete()
    """When a target is well again."""
    type: _Kind = "http"
    """What is watched: answers, or only connections (tcp)."""
    unhealthy: PassiveUnhealthy = PassiveUnhealthy.complete()
    """When a target is sick."""


class ActiveUnhealthy(Completed):
    """When probes show that a target is sick."""

    interval: _Seconds = 0
    """Seconds between probes of healthy targets; 0 turns them off."""
    tcp_failures: _Count = 0
    """How many failed connections make it unhealthy; 0 turns this off."""
    timeouts: _Count = 0
    """How many time-outs make it unhealthy; 0 turns this off."""
    http_failures: _Count = 0
    """How many bad answers make it unhealthy; 0 turns this off."""
    http_statuses: _Statuses | None = [429, 404, 500, 501, 502, 503, 504, 505]
    """The statuses of bad answers."""


class ActiveHealthy(Completed):
    """When probes show that a target is well."""

    http_statuses: _Statuses | None = [200, 302]
    """The statuses of good answers."""
    successes: _Count = 0
    """How many good answers make it healthy; 0 turns this off."""
    interval: _Seconds = 0
    """Seconds between probes of unhealthy targets; 0 turns them off."""


class Active(Completed):
    """Probing the targets."""

    timeout: _Seconds = 1
    """How many seconds a probe may take."""
    http_path: Path | None = "/"
    """The path that probes ask for."""
    https_sni: Annotated[Sni | None, Optional()] = None
    """The server name of HTTPS probes."""
    https_verify_certificate: bool = True
    """Whether HTTPS probes verify the target's certificate."""
    unhealthy: ActiveUnhealthy = ActiveUnhealthy.complete()
    """When a target is sick."""
    concurrency: Annotated[int | None, Between(1, 2**31)] = 10
    """How many targets are probed at a time."""
    type: _Kind = "http"
    """How to probe."""
    headers: Annotated[Headers | None, Optional()] = None
    """Headers of the probes, each with its values."""
    healthy: ActiveHealthy = ActiveHealthy.complete()
    """When a target is well."""


class HealthChecks(Completed):
    """Probes, watching, and how many targets must be well."""

    passive: Passive = Passive.complete()
    """Watching the traffic."""
    active: Active = Active.complete()
    """Probing the targets."""
    threshold: Annotated[float | None, Between(0, 100)] = 0
    """The percentage of weight that must be healthy for the upstream to be."""


DEFAULTS: Any = {"passive": Passive.complete(), "active": Active.complete()}
"""What `/schemas` shows as the default of all checks."""
