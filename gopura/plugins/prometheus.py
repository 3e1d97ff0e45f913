"""Prometheus: counters of requests, to be fetched by Prometheus."""

from gopura.plugin import ALL_PROTOCOLS, Plugin, config


class Prometheus(Plugin, name="prometheus", priority=13, protocols=ALL_PROTOCOLS):
    """Counts, and shows the counters at /metrics."""

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
