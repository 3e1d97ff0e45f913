"""OpenTelemetry: traces of requests, sent by OTLP."""

from typing import Annotated, Any

from gopura.plugin import Exchange, Node, Plugin, Use, config
from gopura.plugin.http import StepTimeouts
from gopura.plugin.propagation import Span, read, write
from gopura.plugin.queue import Bounds, Queues, Send
from gopura.plugins.opentelemetry import otlp
from gopura.plugins.opentelemetry.trace import Instruments, Trace, now
from gopura.release import VERSION

TRACE = "gopura.opentelemetry"
"""Where in `exchange.ctx` the request's spans are."""

_HEADER_TYPES = ("preserve", "ignore", "b3", "b3-single", "w3c", "jaeger", "ot", "aws", "gcp")

_Attributes = dict[Annotated[str, config.Required()], Annotated[str, config.Required()]]


def _attributes(attributes: dict[str, Any]) -> str | None:
    return "required field missing" if any(value == "" for value in attributes.values()) else None


class OpenTelemetry(Plugin, name="opentelemetry", priority=14, version="0.1.0"):
    """Makes spans of what happens to a request, and sends them."""

    example = {
        "endpoint": "http://127.0.0.1:9999/v1/traces",
        "resource_attributes": {"service.name": "gateway"},
    }

    class Config(config.Record):
        """Where to, and what is said about this gateway."""

        checks = (
            config.Renamed(
                batch_span_count=(200, "queue.max_batch_size"),
                batch_flush_delay=(3, "queue.max_coalescing_delay"),
            ),
        )

        endpoint: Annotated[config.Url, config.Referenceable()]
        """The URL to post traces to."""
        headers: dict[config.HeaderName, Annotated[str, config.Referenceable()]] | None = None
        """Headers to send besides."""
        resource_attributes: Annotated[_Attributes | None, config.Custom(_attributes)] = None
        """Attributes of the resource, such as `service.name`."""
        queue: config.Queue
        """How spans are collected and sent."""
        batch_span_count: int | None = None
        """The old name of `queue.max_batch_size`."""
        batch_flush_delay: int | None = None
        """The old name of `queue.max_coalescing_delay`."""
        connect_timeout: config.Timeout | None = 1000
        """How many milliseconds connecting may take."""
        send_timeout: config.Timeout | None = 5000
        """How many milliseconds sending may take."""
        read_timeout: config.Timeout | None = 5000
        """How many milliseconds the answer may take."""
        http_response_header_for_traceid: str | None = None
        """The response header that tells the client the trace's id."""
        header_type: Annotated[str | None, config.Optional(), config.OneOf(*_HEADER_TYPES)] = "preserve"
        """The format of the tracing headers: kept as they come, ignored, or one that is expected."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._queues = Queues(self.name, node.loop, node.spawn)
        kinds = node.settings.get("tracing_instrumentations") or ["off"]
        names = kinds.split(",") if isinstance(kinds, str) else kinds
        rate = node.settings.get("tracing_sampling_rate")
        self._instruments = Instruments(frozenset(names), 0.01 if rate is None else float(rate))

    def prepare(self, config: Config, use: Use) -> Config:
        """Have the client ready before the first spans are sent."""
        self.node.http.prepare(verify=False)
        return config

    def access(self, exchange: Exchange, config: Config) -> None:
        """Begin the trace, and tell the upstream."""
        started = now()
        incoming = read(exchange.request.headers, config.header_type or "preserve")
        trace = exchange.ctx[TRACE] = Trace.begun(exchange, incoming, self._instruments)
        upstream = trace.upstream
        span = Span(trace.trace_id, upstream.id, upstream.parent_id, trace.sampled, incoming.baggage)
        write(exchange, span, config.header_type or "preserve", incoming.kind, "w3c")
        if self._instruments.has("router"):
            trace.phase("kong.router", trace.root.start)
        if self._instruments.has("plugin_access"):
            trace.phase("kong.access.plugin.opentelemetry", started)

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Tell the client the trace's id."""
        started, trace = now(), exchange.ctx.get(TRACE)
        if trace is None:
            return
        if config.http_response_header_for_traceid:
            exchange.response.headers.add(config.http_response_header_for_traceid, trace.trace_id.hex())
        if self._instruments.has("plugin_header_filter"):
            trace.phase("kong.header_filter.plugin.opentelemetry", started)

    def log(self, exchange: Exchange, config: Config) -> None:
        """Send the spans."""
        trace: Trace | None = exchange.ctx.get(TRACE)
        if trace is None or not trace.sampled or not self._instruments.on:
            return
        key = repr((config.endpoint, config.headers, config.resource_attributes))
        queue = self._queues.get(key, Bounds.of(config), self._sender(config))
        for span in trace.spans(exchange):
            queue.put(span.encoded(trace.trace_id))

    def _sender(self, config: Config) -> Send:
        own = {"service.name": "kong", "service.instance.id": self.node.id, "service.version": VERSION}
        resource = own | (config.resource_attributes or {})
        headers = {"Content-Type": "application/x-protobuf"} | (config.headers or {})
        timeouts = StepTimeouts(
            connect=(config.connect_timeout or 1000) / 1000,
            write=(config.send_timeout or 5000) / 1000,
            read=(config.read_timeout or 5000) / 1000,
        )

        async def send(batch: list[bytes]) -> None:
            answer = await self.node.http.request(
                "POST",
                config.endpoint,
                headers=headers,
                content=otlp.request(batch, resource),
                timeout=timeouts,
                verify=False,
            )
            if answer.status_code != 200:
                raise RuntimeError(f"{config.endpoint} returned status code {answer.status_code}")

        return send
