"""What is counted of requests."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from gopura.plugins.prometheus.text import Spread, family, histogram

_OWN = (1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000)
_WHOLE = (25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10000, 30000, 60000)

LATENCIES = {
    "kong": ("kong_kong_latency_ms", _OWN, "Latency added by Kong and enabled plugins"),
    "proxy": ("kong_upstream_latency_ms", _WHOLE, "Latency added by upstream response"),
    "request": ("kong_request_latency_ms", _WHOLE, "Total latency incurred during requests"),
}
"""Each latency's metric, buckets in milliseconds, and description."""

Place = tuple[str, str]


class Registry:
    """Counters for every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[tuple[str, ...], int] = defaultdict(int)
        self._bytes: dict[tuple[str, ...], int] = defaultdict(int)
        self._spreads: dict[str, dict[Place, Spread]] = {name: {} for name in LATENCIES}

    def request(self, place: Place, status: int, source: str, consumer: str) -> None:
        """Count a request of a service and route."""
        with self._lock:
            self._requests[*place, str(status), source, consumer] += 1

    def traffic(self, place: Place, ingress: int, egress: int, consumer: str) -> None:
        """Count bytes from and to the client."""
        with self._lock:
            self._bytes[*place, "ingress", consumer] += ingress
            self._bytes[*place, "egress", consumer] += egress

    def latency(self, place: Place, latencies: dict[str, Any]) -> None:
        """Count how long things took; negative times did not happen."""
        with self._lock:
            for name, (_, buckets, _) in LATENCIES.items():
                if latencies[name] >= 0:
                    spread = self._spreads[name].setdefault(place, Spread(buckets))
                    spread.observe(latencies[name])

    def text(self) -> str:
        """All of it, as Prometheus reads it."""
        with self._lock:
            return "".join(self._families())

    def _families(self) -> Iterator[str]:
        about = "Number of nginx-lua-prometheus errors"
        yield family("kong_nginx_metric_errors_total", "counter", about, [({}, 0)])
        labels = ("service", "route", "direction", "consumer")
        rows = [(dict(zip(labels, key, strict=True)), value) for key, value in self._bytes.items() if value]
        about = "Total bandwidth (ingress/egress) throughput in bytes"
        yield family("kong_bandwidth_bytes", "counter", about, rows)
        labels5 = ("service", "route", "code", "source", "consumer")
        rows = [(dict(zip(labels5, key, strict=True)), value) for key, value in self._requests.items()]
        about = "HTTP status codes per consumer/service/route in Kong"
        yield family("kong_http_requests_total", "counter", about, rows)
        for name, (metric, buckets, about) in LATENCIES.items():
            spreads = [
                ({"service": service, "route": route}, spread)
                for (service, route), spread in self._spreads[name].items()
            ]
            yield histogram(metric, f"{about} for each service/route in Kong", buckets, spreads)
