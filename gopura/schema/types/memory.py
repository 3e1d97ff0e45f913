"""The memory that plugins may name, as zones that users of Kong know."""

from gopura.schema.rules import Custom

ZONES = (
    "kong",
    "kong_cluster_events",
    "kong_core_db_cache",
    "kong_core_db_cache_miss",
    "kong_db_cache",
    "kong_db_cache_miss",
    "kong_healthchecks",
    "kong_locks",
    "kong_rate_limiting_counters",
    "kong_secrets",
    "prometheus_metrics",
)


def _zone(name: str) -> str | None:
    return None if name in ZONES else f"failed validating: {name}"


known_zone = Custom(_zone)
"""A rule that the name is one of the zones."""
