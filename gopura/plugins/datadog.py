"""Datadog: measurements of requests, sent to a Datadog agent."""

import os
from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Entity, Exchange, Node, Plugin, config
from gopura.plugin.measurements import NAMES, consumer_name, line, values
from gopura.plugin.queue import FORMER_NAMES

_METRICS = ("kong_latency", "latency", "request_count", "request_size", "response_size", "upstream_latency")
_KINDS = ("counter", "gauge", "histogram", "meter", "set", "timer", "distribution")


def _metric(name: str, kind: str, **further: Any) -> dict[str, Any]:
    return {
        "name": name,
        "stat_type": kind,
        "tags": ["app:kong"],
        "consumer_identifier": "custom_id",
        **further,
    }


_DEFAULT: Any = [
    _metric("request_count", "counter", sample_rate=1),
    *(
        _metric(name, "timer")
        for name in ("latency", "request_size", "response_size", "upstream_latency", "kong_latency")
    ),
]


class Metric(config.Record):
    """One measurement."""

    checks = (
        config.Conditional("stat_type", config.OneOf("counter", "gauge"), "sample_rate", config.Required()),
    )

    name: Annotated[str, config.OneOf(*_METRICS)]
    """What is measured."""
    stat_type: Annotated[str, config.OneOf(*_KINDS)]
    """The kind of the measurement."""
    tags: list[Annotated[str, config.Match("^.*[^:]$", r"^.*[^:]\Z")]] | None = None
    """Tags of the measurement."""
    sample_rate: Annotated[float | None, config.Between(0, 1)] = None
    """The share of the requests that is measured."""
    consumer_identifier: Annotated[str | None, config.OneOf("consumer_id", "custom_id", "username")] = None
    """What names the consumer."""


class Datadog(Plugin, name="datadog", priority=10, protocols=ALL_PROTOCOLS):
    """Sends the measurements after each request."""

    example = {
        "host": "127.0.0.1",
        "port": 8125,
        "metrics": [{"name": "request_count", "stat_type": "counter", "sample_rate": 1}],
    }

    class Config(config.Record):
        """What is measured, how it is named, where it is sent."""

        checks = (FORMER_NAMES,)

        host: Annotated[config.Host | None, config.Referenceable()] = "localhost"
        """The agent's host."""
        port: config.Port | None = 8125
        """The agent's port."""
        prefix: str | None = "kong"
        """What the names of all measurements begin with."""
        service_name_tag: str | None = "name"
        """The tag with the service's name."""
        status_tag: str | None = "status"
        """The tag with the status."""
        consumer_tag: str | None = "consumer"
        """The tag with the consumer."""
        retry_count: int | None = None
        """Without effect; see `queue.max_retry_time`."""
        queue_size: int | None = None
        """The old name of `queue.max_batch_size`."""
        flush_timeout: float | None = None
        """The old name of `queue.max_coalescing_delay`."""
        queue: config.Queue
        """How measurements are collected and sent."""
        metrics: list[Metric] = _DEFAULT
        """The measurements."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._host = os.environ.get("KONG_DATADOG_AGENT_HOST", "localhost")
        self._port = int(os.environ.get("KONG_DATADOG_AGENT_PORT", "8125"))

    def log(self, exchange: Exchange, config: Config) -> None:
        """Send each measurement."""
        service = exchange.service
        if service is None:
            return
        measured, prefix = values(exchange), config.prefix or "kong"
        for metric in config.metrics:
            if metric.name in measured:
                tags = ",".join(tags_of(exchange, service, config, metric))
                name = f"{prefix}.{NAMES[metric.name]}"
                if content := line(name, measured[metric.name], metric, after=f"|#{tags}"):
                    self.node.datagrams.send(config.host or self._host, config.port or self._port, content)


def tags_of(exchange: Exchange, service: Entity, config: Datadog.Config, metric: Metric) -> list[str]:
    """What a measurement is of."""
    consumer = consumer_name(exchange.consumer, metric.consumer_identifier)
    if metric.consumer_identifier == "consumer_id" and consumer:
        consumer = consumer.replace("-", "_")
    tags = [
        f"{config.service_name_tag or 'name'}:{(service.name or service.host).replace('.', '_')}",
        f"{config.status_tag or 'status'}:{exchange.response.status}",
    ]
    if consumer:
        tags.append(f"{config.consumer_tag or 'consumer'}:{consumer}")
    return tags + (metric.tags or [])
