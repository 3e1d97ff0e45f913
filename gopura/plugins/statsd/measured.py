"""What is measured of one request, and what it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from gopura.plugin.measurements import NAMES, consumer_name, line, values

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange
    from gopura.plugins.statsd import Metric, Statsd


class Measurements:
    """What is measured of one request, and what it is called."""

    def __init__(self, exchange: Exchange, config: Statsd.Config, node: str) -> None:
        self._exchange, self._config, self._node = exchange, config, node
        self._values = values(exchange)
        self._prefix = config.prefix or "kong"
        if config.hostname_in_prefix and config.tag_style is None:
            self._prefix += f".node.{node}"

    def lines(self) -> Iterator[bytes]:
        """The lines of StatsD."""
        for metric in self._config.metrics or ():
            made = self._tagged(metric) if self._config.tag_style else self._named(metric)
            if made is not None:
                yield made

    def _named(self, metric: Metric) -> bytes | None:
        scope = self._scope(metric)
        if metric.name in self._values:
            return self._line(metric, f"{scope}.{NAMES[metric.name]}", self._values[metric.name])
        named = _SPECIAL.get(metric.name)
        if named is None:
            return None
        name, value = named(self, scope, self._consumer(metric))
        return self._line(metric, name, value) if name else None

    def _tagged(self, metric: Metric) -> bytes | None:
        if metric.name not in self._values:
            return None
        name, value = NAMES[metric.name], self._values[metric.name]
        pairs = self._tags(metric)
        if not pairs:
            return self._line(metric, name, value)
        if self._config.tag_style == "dogstatsd":
            tags = ",".join(f"{tag}:{text}" for tag, text in pairs.items())
            return self._line(metric, name, value, after=f"|#{tags}")
        opening, closing = _BRACKETS[self._config.tag_style or ""]
        tags = ",".join(f"{tag}={text}" for tag, text in pairs.items())
        return self._line(metric, name, value, before=f"{opening}{tags}{closing}")

    def _line(self, metric: Metric, name: str, value: Any, before: str = "", after: str = "") -> bytes | None:
        return line(f"{self._prefix}.{name}", value, metric, before, after)

    def _tags(self, metric: Metric) -> dict[str, Any]:
        service = self._service(metric)
        if service is None:
            return {}
        route = self._exchange.route
        tags = {
            "service": service,
            "route": route and (route.name or route.id),
            "consumer": self._consumer(metric),
            "node": self._node,
            "status": self._exchange.response.status,
        }
        return {name: value for name, value in tags.items() if value is not None}

    def _scope(self, metric: Metric) -> str:
        if self._exchange.service is None:
            return "global.unmatched"
        return "service." + (self._service(metric) or "unnamed").replace(".", "_")

    def _service(self, metric: Metric) -> str | None:
        kind = metric.service_identifier or self._config.service_identifier_default
        return service_name(self._exchange.service, kind)

    def _consumer(self, metric: Metric) -> str | None:
        kind = metric.consumer_identifier or self._config.consumer_identifier_default
        return consumer_name(self._exchange.consumer, kind)

    def status(self) -> int:
        """The response's status."""
        return self._exchange.response.status

    def workspace(self) -> str | None:
        """The id or name of the workspace; there is but one."""
        found = self._exchange.find("workspaces", "name", "default")
        by_name = self._config.workspace_identifier_default == "workspace_name"
        return found and ("default" if by_name else found.id)

    def route(self) -> str | None:
        """The route's id."""
        return self._exchange.route.id if self._exchange.route else None


Named = tuple[str | None, Any]


def _unique_users(_of: Measurements, scope: str, consumer: str | None) -> Named:
    return consumer and f"{scope}.user.uniques", consumer


def _request_per_user(_of: Measurements, scope: str, consumer: str | None) -> Named:
    return consumer and f"{scope}.user.{consumer}.request.count", 1


def _status_count(of: Measurements, scope: str, _consumer: str | None) -> Named:
    return f"{scope}.status.{of.status()}", 1


def _status_count_per_user(of: Measurements, scope: str, consumer: str | None) -> Named:
    return consumer and f"{scope}.user.{consumer}.status.{of.status()}", 1


def _status_count_per_user_per_route(of: Measurements, _scope: str, consumer: str | None) -> Named:
    route = of.route()
    return consumer and route and f"route.{route}.user.{consumer}.status.{of.status()}", 1


def _status_count_per_workspace(of: Measurements, scope: str, _consumer: str | None) -> Named:
    workspace = of.workspace()
    return workspace and f"{scope}.workspace.{workspace}.status.{of.status()}", 1


_BRACKETS = {"influxdb": (",", ""), "librato": ("#", ""), "signalfx": ("[", "]")}
# The memory zones of `shdict_usage` do not exist here.
_SPECIAL: dict[str, Callable[[Measurements, str, str | None], Named]] = {
    "unique_users": _unique_users,
    "request_per_user": _request_per_user,
    "status_count": _status_count,
    "status_count_per_user": _status_count_per_user,
    "status_count_per_user_per_route": _status_count_per_user_per_route,
    "status_count_per_workspace": _status_count_per_workspace,
}


def service_name(service: Entity | None, kind: str) -> str | None:
    """What a configuration wants a service to be called."""
    if service is None:
        return None
    names = {
        "service_id": service.id,
        "service_name": service.name,
        "service_host": service.host,
        "service_name_or_host": service.name or service.host,
    }
    name: str | None = names[kind]
    return name
