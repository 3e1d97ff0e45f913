"""OpenTelemetry: traces of requests, sent by OTLP."""

from typing import Annotated, Any

from gopura.plugin import Plugin, config

_HEADER_TYPES = ("preserve", "ignore", "b3", "b3-single", "w3c", "jaeger", "ot", "aws", "gcp")

_Attributes = dict[Annotated[str, config.Required()], Annotated[str, config.Required()]]


def _attributes(attributes: dict[str, Any]) -> str | None:
    return "required field missing" if any(value == "" for value in attributes.values()) else None


class OpenTelemetry(Plugin, name="opentelemetry", priority=14, version="0.1.0"):
    """Makes spans of what happens to a request, and sends them."""

    class Config(config.Record):
        """Where to, and what is said about this gateway."""

        checks = (config.CustomCheck("batch_span_count", "batch_flush_delay", check=lambda _row: None),)

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
