"""Request size limiting: how large bodies may be."""

from typing import Annotated

from gopura.plugin import Exchange, Plugin, config

BYTES = {"bytes": 1, "kilobytes": 1 << 10, "megabytes": 1 << 20}
REFUSAL = "Request size limit exceeded"


class RequestSizeLimiting(Plugin, name="request-size-limiting", priority=951):
    """Refuses requests with larger bodies."""

    example = {"allowed_payload_size": 1, "size_unit": "kilobytes"}

    class Config(config.Record):
        """The limit."""

        allowed_payload_size: int | None = 128
        """The largest body, in the unit below."""
        size_unit: Annotated[str, config.OneOf("megabytes", "kilobytes", "bytes")] = "megabytes"
        """The unit of the limit."""
        require_content_length: bool = False
        """Whether requests must say how large they are."""

    def access(self, exchange: Exchange, config: Config) -> None:
        """Refuse what is too large: at once what says so, anything else while it comes."""
        headers = exchange.request.headers
        is_chunked = headers.get("transfer-encoding") == "chunked"
        if config.require_content_length and "content-length" not in headers and not is_chunked:
            exchange.error(411, "A valid Content-Length header is required")
            return
        expects = (headers.get("expect") or "").strip().lower() == "100-continue"
        exchange.limit_body(limit_of(config), REFUSAL, 417 if expects else 413)


def limit_of(config: RequestSizeLimiting.Config) -> int:
    """The limit in bytes."""
    size = config.allowed_payload_size
    return max(128 if size is None else size, 0) * BYTES[config.size_unit]
