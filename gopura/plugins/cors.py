"""Cross-origin resource sharing: which web pages may call."""

import re
from typing import Annotated

from gopura.plugin import Plugin, config

METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT")


def _origin(origin: str) -> str | None:
    if origin == "*":
        return None
    try:
        re.compile(origin)
    except re.error:
        return f"'{origin}' is not a valid regex"
    return None


class Cors(Plugin, name="cors", priority=2000, no_consumer=True):
    """Answers preflight requests, and adds the headers that browsers ask for."""

    class Config(config.Record):
        """What browsers are told."""

        origins: list[Annotated[str, config.Custom(_origin)]] | None = None
        """The origins that may call: `*`, plain ones, or regular expressions. All when it is left out."""
        headers: list[str] | None = None
        """The request headers that pages may set; those they ask for when it is left out."""
        exposed_headers: list[str] | None = None
        """The response headers that pages may read."""
        methods: list[Annotated[str, config.OneOf(*METHODS)]] | None = list(METHODS)
        """The methods that pages may use."""
        max_age: float | None = None
        """How many seconds the answer to a preflight request may be cached."""
        credentials: bool = False
        """Whether pages may send cookies and other credentials."""
        private_network: bool = False
        """Whether public pages may call although this is a private network."""
        preflight_continue: bool = False
        """Whether preflight requests go on to the upstream."""
