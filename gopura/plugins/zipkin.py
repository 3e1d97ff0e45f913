"""Zipkin: traces of requests, sent to a Zipkin server."""

from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Plugin, config

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


class Zipkin(Plugin, name="zipkin", priority=100000, protocols=ALL_PROTOCOLS):
    """Makes spans of what happens to a request, and sends them."""

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
