"""Correlation id: gives each request an identity that upstream, client and logs share."""

import itertools
import os
import time
import uuid
from collections.abc import Callable
from typing import Annotated

from gopura.plugin import Exchange, Node, Plugin, config
from gopura.plugin.record import set_value

_HEADER = "Kong-Request-ID"
_GENERATOR = "uuid#counter"


class CorrelationId(Plugin, name="correlation-id", priority=1):
    """Adds a header with an identity to requests that have none."""

    example = {"header_name": "X-Request-Id", "generator": "uuid", "echo_downstream": True}

    class Config(config.Record):
        """Which header, and how identities are made."""

        header_name: str | None = _HEADER
        """The header that carries the identity."""
        generator: Annotated[str | None, config.OneOf("uuid", "uuid#counter", "tracker")] = _GENERATOR
        """How identities are made: random, random with a counter, or from connection and time."""
        echo_downstream: bool = False
        """Whether the client gets the header as well."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._prefix = str(uuid.uuid4())
        self._counter = itertools.count(1)
        self._generators: dict[str, Callable[[Exchange], str]] = {
            "uuid": lambda _exchange: str(uuid.uuid4()),
            "uuid#counter": lambda _exchange: f"{self._prefix}#{next(self._counter)}",
            "tracker": self._tracker,
        }

    def access(self, exchange: Exchange, config: Config) -> None:
        """Give the request its identity."""
        name = config.header_name or _HEADER
        identity = exchange.request.headers.get(name)
        if not identity:
            identity = self._generators[config.generator or _GENERATOR](exchange)
            exchange.upstream_request.headers.set(name, identity)
        set_value(exchange, "correlation_id", identity)
        if config.echo_downstream:
            exchange.ctx[self.name] = identity

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Tell the client."""
        if not config.echo_downstream:
            return
        name = config.header_name or _HEADER
        identity = exchange.ctx.get(self.name) or exchange.request.headers.get(name)
        exchange.response.headers.set(
            name, identity or self._generators[config.generator or _GENERATOR](exchange)
        )

    def _tracker(self, exchange: Exchange) -> str:
        request = exchange.request
        place = f"{request.local_ip}-{request.port}-{os.getpid()}"
        return f"{place}-{request.client_port}-{next(self._counter)}-{time.time():.3f}"
