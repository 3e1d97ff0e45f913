"""Request size limiting: how large bodies may be."""

from typing import Annotated

from gopura.plugin import Plugin, config


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
