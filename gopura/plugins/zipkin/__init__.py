"""Zipkin: traces of requests, sent to a Zipkin server."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from gopura.json_text import dumps
from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, Use, config
from gopura.plugin.http import StepTimeouts
from gopura.plugin.propagation import Incoming, Span, new_id, read, write
from gopura.plugin.queue import Bounds, Queues, Send
from gopura.plugins.zipkin.trace import ZipkinSpan, now, tag_target, tags_of

TRACE = "gopura.zipkin"
"""Where in `exchange.ctx` the request's spans are."""

_PROTECTED = (
    "error",
    "http.method",
    "http.path",
    "http.status_code",
    "kong.balancer.state",
    "kong.balancer.try",
    "kong.consumer",
    "kong.credential",
    "kong.node.id",
    "kong.route",
    "kong.service",
    "lc",
    "peer.hostname",
)
_FORMATS = ("b3", "b3-single", "w3c", "jaeger", "ot", "aws", "gcp")


def _no_repetition(tags: list[Any]) -> str | None:
    names = [tag.name for tag in tags]
    repeated = next((name for index, name in enumerate(names) if name in names[:index]), None)
    return repeated and f"repeated tags are not allowed: {repeated}"


class StaticTag(config.Record):
    """A tag that every trace has."""

    name: Annotated[str, config.NotOneOf(*_PROTECTED)]
    """The tag's name."""
    value: str
    """The tag's value."""


@dataclass
class Trace:
    """The spans of one request: its own, and the one of what the upstream does."""

    incoming: Incoming
    sampled: bool
    request: ZipkinSpan
    proxy: ZipkinSpan
    responded: int | None = None


class Zipkin(Plugin, name="zipkin", priority=100000, protocols=ALL_PROTOCOLS):
    """Makes spans of what happens to a request, and sends them."""

    example = {"http_endpoint": "http://127.0.0.1:9999/api/v2/spans", "sample_ratio": 1}

    class Config(config.Record):
        """Where to, which requests, and what is said about them."""

        local_service_name: str = "kong"
        """The name of this gateway in Zipkin."""
        http_endpoint: config.Url | None = None
        """The URL to post traces to."""
        sample_ratio: Annotated[float | None, config.Between(0, 1)] = 0.001
        """The share of the requests without tracing headers that is traced."""
        default_service_name: str | None = None
        """The name of services that have none."""
        include_credential: bool = True
        """Whether traces tell the credential's id."""
        traceid_byte_count: Annotated[int, config.OneOf(8, 16)] = 16
        """The length of a trace's id, in bytes."""
        header_type: Annotated[str, config.OneOf("preserve", "ignore", *_FORMATS)] = "preserve"
        """The format of the tracing headers: kept as they come, ignored, or one that is expected."""
        default_header_type: Annotated[str, config.OneOf(*_FORMATS)] = "b3"
        """The format of the tracing headers that are added to requests without any."""
        tags_header: str = "Zipkin-Tags"
        """The request header with further tags of the trace."""
        static_tags: Annotated[list[StaticTag] | None, config.Custom(_no_repetition)] = None
        """Tags that every trace has."""
        http_span_name: Annotated[str, config.OneOf("method", "method_path")] = "method"
        """What the span of a request is called."""
        connect_timeout: config.Timeout | None = 2000
        """How many milliseconds connecting may take."""
        send_timeout: config.Timeout | None = 5000
        """How many milliseconds sending may take."""
        read_timeout: config.Timeout | None = 5000
        """How many milliseconds the answer may take."""
        http_response_header_for_traceid: str | None = None
        """The response header that tells the client the trace's id."""
        phase_duration_flavor: Annotated[str, config.OneOf("annotations", "tags")] = "annotations"
        """How the phases' durations are written."""
        queue: config.Queue
        """How spans are collected and sent."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._queues = Queues(self.name, node.loop, node.spawn)

    def prepare(self, config: Config, use: Use) -> Config:
        """Have the client ready before the first spans are sent."""
        self.node.http.prepare(verify=False)
        return config

    def access(self, exchange: Exchange, config: Config) -> None:
        """Begin the spans, and tell the upstream."""
        trace = self._trace(exchange, config)
        proxy, incoming = trace.proxy, trace.incoming
        span = Span(proxy.trace_id, proxy.id, proxy.parent_id, trace.sampled, incoming.baggage)
        write(exchange, span, config.header_type, incoming.kind, config.default_header_type)

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Note when the response came, and tell the client the trace's id."""
        trace = self._trace(exchange, config)
        trace.responded = now()
        if config.http_response_header_for_traceid:
            exchange.response.headers.add(config.http_response_header_for_traceid, trace.proxy.trace_id.hex())

    def log(self, exchange: Exchange, config: Config) -> None:
        """Finish the spans, and send them."""
        trace = self._trace(exchange, config)
        if not trace.sampled or config.http_endpoint is None:
            return
        queue = self._queues.get(repr(config.http_endpoint), Bounds.of(config), self._sender(config))
        for span in finished(trace, exchange, config, self.node.id):
            queue.put(dumps(span.shown(config.local_service_name, config.default_service_name)))

    def _trace(self, exchange: Exchange, config: Config) -> Trace:
        trace: Trace | None = exchange.ctx.get(TRACE)
        if trace is None:
            trace = exchange.ctx[TRACE] = begun(exchange, config)
        return trace

    def _sender(self, config: Config) -> Send:
        timeouts = StepTimeouts(
            connect=(config.connect_timeout or 2000) / 1000,
            write=(config.send_timeout or 5000) / 1000,
            read=(config.read_timeout or 5000) / 1000,
        )

        async def send(batch: list[bytes]) -> None:
            answer = await self.node.http.request(
                "POST",
                config.http_endpoint or "",
                headers={"Content-Type": "application/json"},
                content=b"[" + b",".join(batch) + b"]",
                timeout=timeouts,
                verify=False,
            )
            if not 200 <= answer.status_code < 300:
                raise RuntimeError(f"the Zipkin server returned status code {answer.status_code}")

        return send


def begun(exchange: Exchange, config: Zipkin.Config) -> Trace:
    """The spans of a request that just came."""
    request = exchange.request
    incoming = read(request.headers, config.header_type)
    sampled = incoming.sampled
    if sampled is None:
        sampled = random.random() < (config.sample_ratio or 0)  # noqa: S311 - keeps no secret
    trace_id = incoming.trace_id or new_id(config.traceid_byte_count)
    name = f"{request.method} {request.path}" if config.http_span_name == "method_path" else request.method
    started = exchange.facts["started_at"] * 1000
    span = ZipkinSpan("SERVER", name, started, trace_id, incoming.span_id or new_id(), incoming.parent_id)
    span.address = request.client_ip, request.client_port
    span.tags |= {
        "lc": "kong",
        "http.method": request.method,
        "http.host": request.host,
        "http.path": request.path,
        "http.protocol": f"HTTP/{request.http_version:g}",
    }
    span.tags |= {tag.name: tag.value for tag in config.static_tags or ()}
    span.tags |= tags_of(request.headers.get_all(config.tags_header))
    return Trace(incoming, sampled, span, span.child(f"{name} (proxy)", now()))


def finished(trace: Trace, exchange: Exchange, config: Zipkin.Config, node: str) -> Iterator[ZipkinSpan]:
    """All spans of a request that has ended."""
    ended, facts = now(), exchange.facts
    request, proxy = trace.request, trace.proxy
    _phases(trace, config, ended, facts["latencies"])
    for number, attempt in enumerate(facts["tries"], 1):
        yield _attempt(trace, exchange, number, attempt, len(facts["tries"]))
        proxy.address = attempt["ip"], attempt["port"]
        proxy.tags["peer.hostname"] = exchange.service.host if exchange.service else None
    request.tags["http.status_code"] = exchange.response.status
    request.tags["kong.consumer"] = exchange.consumer.id if exchange.consumer else None
    if config.include_credential and exchange.credential:
        request.tags["kong.credential"] = exchange.credential.id
    request.tags["kong.node.id"] = node
    tag_target(proxy, exchange)
    for span in (proxy, request):
        span.finish(ended)
        yield span


def _phases(trace: Trace, config: Zipkin.Config, ended: int, latencies: dict[str, int]) -> None:
    request, proxy, responded = trace.request, trace.proxy, trace.responded or ended
    left = min(ended, request.timestamp + max(0, latencies["kong"]) * 1000)
    left = max(left, proxy.timestamp)
    if config.phase_duration_flavor == "tags":
        request.tags["kong.rewrite.duration_ms"] = (proxy.timestamp - request.timestamp) // 1000
        proxy.tags["kong.access.duration_ms"] = (left - proxy.timestamp) // 1000
        proxy.tags["kong.header_filter.duration_ms"] = 0
        proxy.tags["kong.body_filter.duration_ms"] = (ended - responded) // 1000
        return
    request.note("krs", request.timestamp)
    request.note("krf", proxy.timestamp)
    moments = {"kas": proxy.timestamp, "kaf": left, "khs": responded, "khf": responded}
    for name, moment in (moments | {"kbs": responded, "kbf": ended}).items():
        proxy.note(name, moment)


def _attempt(
    trace: Trace, exchange: Exchange, number: int, attempt: dict[str, Any], count: int
) -> ZipkinSpan:
    span = trace.request.child(
        f"{trace.request.name} (balancer try {number})", attempt["balancer_start_ns"] // 1000
    )
    span.address = attempt["ip"], attempt["port"]
    span.tags["kong.balancer.try"] = number
    if number < count:
        span.tags |= {
            "error": True,
            "kong.balancer.state": attempt.get("state"),
            "http.status_code": attempt.get("code"),
        }
    tag_target(span, exchange)
    span.finish(span.timestamp + attempt["balancer_latency_ns"] // 1000)
    return span
