"""The spans of one request."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gopura.plugin.propagation import Incoming, new_id
from gopura.plugins.opentelemetry.otlp import CLIENT, ERROR, INTERNAL, SERVER, OtlpSpan

if TYPE_CHECKING:
    from gopura._engine import Exchange


@dataclass(frozen=True)
class Instruments:
    """What is traced, by the settings `tracing_instrumentations` and `tracing_sampling_rate`."""

    kinds: frozenset[str]
    rate: float

    @property
    def on(self) -> bool:
        """Whether anything is."""
        return bool(self.kinds - {"off"})

    def has(self, kind: str) -> bool:
        """Whether this part is."""
        return self.on and bool(self.kinds & {kind, "all"})


@dataclass
class Trace:
    """A request's spans; those that are not instrumented are only passed on to the upstream."""

    trace_id: bytes
    sampled: bool
    instruments: Instruments
    root: OtlpSpan
    upstream: OtlpSpan
    phases: list[OtlpSpan] = field(default_factory=list)

    @classmethod
    def begun(cls, exchange: Exchange, incoming: Incoming, instruments: Instruments) -> Trace:
        """The trace of a request that just came."""
        sampled = incoming.sampled
        if sampled is not False:
            sampled = not instruments.on or random.random() < instruments.rate  # noqa: S311
        started = exchange.facts["started_at"] * 1_000_000
        root = OtlpSpan("kong", SERVER, new_id(), incoming.span_id or incoming.parent_id, started)
        if instruments.on:
            root.attributes |= _asked(exchange)
        upstream = OtlpSpan("kong.balancer", CLIENT, new_id(), root.id, started)
        return cls(
            incoming.trace_id or new_id(16),
            sampled,
            instruments,
            root,
            upstream if instruments.has("balancer") else root,
        )

    def phase(self, name: str, start: int) -> None:
        """Note a part that is over."""
        self.phases.append(OtlpSpan(name, INTERNAL, new_id(), self.root.id, start, now()))

    def spans(self, exchange: Exchange) -> Iterator[OtlpSpan]:
        """All of them, finished; none when nothing is instrumented."""
        if not self.instruments.on:
            return
        facts, route, self.root.end = exchange.facts, exchange.route, now()
        self.root.attributes |= {
            "http.status_code": exchange.response.status,
            "http.route": route.paths[0] if route and route.paths else "",
        }
        yield self.root
        yield from self.phases
        if self.instruments.has("balancer"):
            for number, attempt in enumerate(facts["tries"], 1):
                yield self._attempt(exchange, number, attempt, number == len(facts["tries"]))

    def _attempt(self, exchange: Exchange, number: int, attempt: dict[str, Any], last: bool) -> OtlpSpan:
        start, failed = attempt["balancer_start_ns"], attempt.get("state") is not None
        id_ = self.upstream.id if last and not failed else new_id()
        span = OtlpSpan("kong.balancer", CLIENT, id_, self.root.id, start, now() if last else start)
        span.attributes |= {
            "try_count": number,
            "net.peer.ip": attempt["ip"],
            "net.peer.port": attempt["port"],
            "net.peer.name": exchange.service.host if exchange.service else None,
        }
        if failed:
            span.attributes["http.status_code"] = attempt.get("code")
            span.status = ERROR
        return span


def _asked(exchange: Exchange) -> dict[str, Any]:
    request = exchange.request
    return {
        "http.method": request.method,
        "http.url": f"{request.scheme}://{request.host}{request.target}",
        "http.host": request.host,
        "http.scheme": request.scheme,
        "http.flavor": f"{request.http_version:.1f}",
        "http.client_ip": request.client_ip,
        "net.peer.ip": request.peer_ip,
        "kong.request.id": request.id,
    }


def now() -> int:
    """Nanoseconds since 1970."""
    return time.time_ns()
