"""The health of upstreams' targets, as measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gopura.plugins.prometheus.text import family

_STATES = ("healthchecks_off", "healthy", "unhealthy", "dns_error")

Healths = Iterable[tuple[str, Mapping[str, Any]]]
"""Names of upstreams, and what is known of their targets by `host:port`."""


def targets(healths: Healths) -> str:
    """A value for each state of each address; 1 for the one that it is in."""
    about = "Health status of targets of upstream. States = " + "|".join(_STATES)
    rows = (row for name, known in healths for row in _rows(name, known))
    return family(
        "kong_upstream_target_health", "gauge", f"{about}, value is 1 when state is populated.", rows
    )


def _rows(upstream: str, known: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], int]]:
    for target, data in known.items():
        for address in data.get("addresses") or [{"health": "DNS_ERROR"}]:
            place = f"{address['ip']}:{address['port']}" if "ip" in address else ""
            labels = {"upstream": upstream, "target": target, "address": place}
            for state in _STATES:
                yield labels | {"state": state, "subsystem": "http"}, int(address["health"].lower() == state)
