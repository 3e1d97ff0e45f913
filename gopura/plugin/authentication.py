"""What all plugins that authenticate share: who is refused, who is anonymous, who need not be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from gopura.plugin.lifecycle import Phases, Plugin

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


Identity: TypeAlias = "tuple[Entity | None, Entity | None]"
"""The consumer and the credential that a request proves."""


class _Authenticating(Plugin):
    identifier: ClassVar[str] = "id"
    """The field of credentials that the upstream gets as X-Credential-Identifier."""

    def refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        """Answer a client that proved nothing, when there is no anonymous consumer."""
        exchange.error(refusal.status, refusal.message, refusal.headers)

    @staticmethod
    def _lets_pass(config: Any) -> bool:
        """Whether some requests need not be asked who they are."""
        return bool(config.anonymous) or not getattr(config, "run_on_preflight", True)

    @staticmethod
    def _passes(exchange: Exchange, config: Any) -> bool:
        if not getattr(config, "run_on_preflight", True) and exchange.request.method == "OPTIONS":
            return True
        return bool(config.anonymous) and exchange.credential is not None

    def _accept(self, exchange: Exchange, identity: Identity) -> None:
        consumer, credential = identity
        exchange.authenticate(consumer, credential, self.identifier)

    def _reject(self, exchange: Exchange, config: Any, refusal: Refusal) -> None:
        refusal.with_traceback(None)  # refusals are often constants: they must not keep what they saw
        if config.anonymous:
            exchange.authenticate(anonymous_consumer(exchange, config.anonymous))
        else:
            self.refuse(exchange, refusal)


class Authenticator(_Authenticating):
    """A plugin that says who the client is.

    Its configuration may have `anonymous` and `run_on_preflight`. A request that an earlier plugin
    authenticated passes when `anonymous` is set: several such plugins are alternatives.
    """

    def identify(self, exchange: Exchange, config: Any) -> Identity | None:
        """Return what the request proves, None when it is logged in already; raise Refusal otherwise."""
        raise NotImplementedError

    def bound_phases(self, config: Any) -> Phases:
        """Ask each request at once where none may pass unasked."""
        phases = super().bound_phases(config)
        if not self._lets_pass(config):
            phases["access"] = (self.authenticate, False)
        return phases

    def access(self, exchange: Exchange, config: Any) -> None:
        """Authenticate the request, or let it be anonymous, or refuse it."""
        if not self._passes(exchange, config):
            self.authenticate(exchange, config)

    def authenticate(self, exchange: Exchange, config: Any) -> None:
        """Do so with a request that does not pass unasked."""
        try:
            if identity := self.identify(exchange, config):
                self._accept(exchange, identity)
        except Refusal as refusal:
            self._reject(exchange, config, refusal)


class WaitingAuthenticator(_Authenticating):
    """An Authenticator that has to ask somebody else and so may wait."""

    async def identify(self, exchange: Exchange, config: Any) -> Identity | None:
        """Return what the request proves, None when it was answered already; raise Refusal otherwise."""
        raise NotImplementedError

    async def access(self, exchange: Exchange, config: Any) -> None:
        """Authenticate the request, or let it be anonymous, or refuse it."""
        if self._passes(exchange, config):
            return
        try:
            if identity := await self.identify(exchange, config):
                self._accept(exchange, identity)
        except Refusal as refusal:
            self._reject(exchange, config, refusal)


def anonymous_consumer(exchange: Exchange, name: str) -> Entity:
    """The consumer of that id or username; raises LookupError."""
    consumer = exchange.find("consumers", "id", name) or exchange.find("consumers", "username", name)
    if consumer is None:
        raise LookupError(f"there is no consumer {name} for anonymous requests")
    return consumer
