"""Prometheus: counters of requests, to be fetched by Prometheus."""

from collections.abc import Mapping
from typing import Any

from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, config
from gopura.plugins.prometheus.registry import Registry


class Prometheus(Plugin, name="prometheus", priority=13, protocols=ALL_PROTOCOLS):
    """Counts, and shows the counters at /metrics."""

    example = {"status_code_metrics": True, "latency_metrics": True, "per_consumer": True}

    class Config(config.Record):
        """What is counted."""

        per_consumer: bool | None = False
        """Whether the counters tell consumers apart."""
        status_code_metrics: bool | None = False
        """Whether requests are counted by status."""
        latency_metrics: bool | None = False
        """Whether times are measured."""
        bandwidth_metrics: bool | None = False
        """Whether bytes are counted."""
        upstream_health_metrics: bool | None = False
        """Whether the targets' health is shown."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._registry = Registry()
        self._configs: list[Prometheus.Config] = []

    def configure(self, configs: list[Config]) -> None:
        """Know whether anybody wants the counters."""
        self._configs = configs

    def answer(self, question: str, params: Mapping[str, Any]) -> Any:
        """Show the counters, which go on where they were when the plugin is enabled again; is health to be shown?"""
        if question == "metrics":
            return self._registry.text() if self._configs else ""
        if question == "upstream_health":
            return any(config.upstream_health_metrics for config in self._configs)
        return super().answer(question, params)

    def log(self, exchange: Exchange, config: Config) -> None:
        """Count the request."""
        service, route = exchange.service, exchange.route
        if service is None:
            return
        place = service.name or service.host, (route.name or route.id) if route else ""
        consumer = exchange.consumer if config.per_consumer else None
        name = (consumer.username or "") if consumer else ""
        if config.status_code_metrics:
            source = "service" if exchange.response.source == "service" else "kong"
            self._registry.request(place, exchange.response.status, source, name)
        if config.bandwidth_metrics or config.latency_metrics:
            facts = exchange.facts
            if config.bandwidth_metrics:
                self._registry.traffic(place, facts["request_size"], facts["response_size"], name)
            if config.latency_metrics:
                self._registry.latency(place, facts["latencies"])
