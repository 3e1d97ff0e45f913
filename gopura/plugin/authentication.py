"""What all plugins that authenticate share: who is refused, who is anonymous, who need not be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from gopura.plugin.lifecycle import Plugin

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange


GROUPS = "gopura.authenticated_groups"
"""Where in `exchange.ctx` a plugin puts the groups (a list) of a client that it knows without a credential."""


@dataclass(frozen=True)
class Refusal(Exception):  # noqa: N818 - it is an answer
    """The client is not who it should be: the status and message that it gets."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)


class Authenticator(Plugin):
    """A plugin that says who the client is.

    Its configuration may have `anonymous` and `run_on_preflight`. A request that an earlier plugin
    authenticated passes when `anonymous` is set: several such plugins are alternatives.
    """

    identifier: ClassVar[str] = "id"
    """The field of credentials that the upstream gets as X-Credential-Identifier."""

    def identify(self, exchange: Exchange, config: Any) -> tuple[Entity | None, Entity | None]:
        """Return the consumer and the credential that the request proves; raise Refusal otherwise."""
        raise NotImplementedError

    def access(self, exchange: Exchange, config: Any) -> None:
        """Authenticate the request, or let it be anonymous, or refuse it."""
        if not getattr(config, "run_on_preflight", True) and exchange.request.method == "OPTIONS":
            return
        anonymous = config.anonymous
        if anonymous and exchange.credential is not None:
            return
        try:
            consumer, credential = self.identify(exchange, config)
        except Refusal as refusal:
            if not anonymous:
                exchange.error(refusal.status, refusal.message, refusal.headers)
                return
            consumer, credential = anonymous_consumer(exchange, anonymous), None
        exchange.authenticate(consumer, credential, self.identifier)


def anonymous_consumer(exchange: Exchange, name: str) -> Entity:
    """The consumer of that id or username; raises LookupError."""
    consumer = exchange.find("consumers", "id", name) or exchange.find("consumers", "username", name)
    if consumer is None:
        raise LookupError(f"there is no consumer {name} for anonymous requests")
    return consumer
