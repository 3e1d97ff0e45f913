"""Request size limiting: how large bodies may be."""

from typing import Annotated

from gopura.plugin import Exchange, Plugin, config

BYTES = {"bytes": 1, "kilobytes": 1 << 10, "megabytes": 1 << 20}
REFUSAL = "Request size limit exceeded"


class RequestSizeLimiting(Plugin, name="request-size-limiting", priority=951):
    """Refuses requests with larger bodies."""

    class Config(config.Record):
        """The limit."""

        allowed_payload_size: int | None = 128
        """The largest body, in the unit below."""
        size_unit: Annotated[str, config.OneOf("megabytes", "kilobytes", "bytes")] = "megabytes"
        """The unit of the limit."""
        require_content_length: bool = False
        """Whether requests must say how large they are."""

    def request_body_limit(self, config: Config) -> int:
        """Have bodies of unknown size read up to the limit, and one byte more to see that it is exceeded."""
        return max(limit_of(config), 0) + 1

    def access(self, exchange: Exchange, config: Config) -> None:
        """Refuse what is too large."""
        headers = exchange.request.headers
        length = headers.get("content-length")
        if length is not None and length.isdecimal():
            self._check(exchange, int(length), limit_of(config))
        elif config.require_content_length and headers.get("transfer-encoding") != "chunked":
            exchange.error(411, "A valid Content-Length header is required")
        else:
            body = exchange.request.body
            self._check(exchange, limit_of(config) + 1 if body is None else len(body), limit_of(config))

    @staticmethod
    def _check(exchange: Exchange, size: int, limit: int) -> None:
        if size > limit:
            expects = (exchange.request.headers.get("expect") or "").strip().lower() == "100-continue"
            exchange.error(417 if expects else 413, REFUSAL)


def limit_of(config: RequestSizeLimiting.Config) -> int:
    """The limit in bytes."""
    size = config.allowed_payload_size
    return (128 if size is None else size) * BYTES[config.size_unit]
