"""What pre-function and post-function share: Lua code by phase, and running it
(https://docs.konghq.com/hub/kong-inc/pre-function/).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from gopura import schema
from gopura.plugin.lifecycle import Phases, Plugin, Use
from gopura.plugin.lua import Call, Chain, Run
from gopura.plugin.lua.clients import answered
from gopura.plugin.lua.pdk import ngx_response, response, service

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from gopura._engine import Exchange

PHASES = ("certificate", "rewrite", "access", "header_filter", "body_filter", "log")
SOME_PHASE = schema.AtLeastOneOf(*(f"config.{phase}" for phase in PHASES))

BODY_LIMIT = 1 << 20
"""Bytes of the client's body that code may read."""
_READS_BODY = re.compile(r"get_(raw_)?body|get_body_data|get_post_args")
_WANTS_RESPONSE = re.compile(r"enable_buffering")

Function = TypeVar("Function")


class LuaPhases(schema.Record, Generic[Function]):
    """The code, by phase."""

    certificate: list[Function] = []
    """Runs when the client's TLS hello has come."""
    rewrite: list[Function] = []
    """Runs before a route is looked for."""
    access: list[Function] = []
    """Runs before the upstream gets the request."""
    header_filter: list[Function] = []
    """Runs when the response's head has come."""
    body_filter: list[Function] = []
    """Runs for each piece of the response's body."""
    log: list[Function] = []
    """Runs after the response."""


@dataclass(frozen=True)
class Functions:
    """A configuration's code, compiled, by phase; and whether it names what reads bodies."""

    chains: dict[str, Chain]
    reads_body: bool
    wants_response: bool


class LuaFunctions(Plugin):
    """Runs the code of its configuration in each phase."""

    def prepare(self, config: Any, use: Use) -> Functions:
        """Compile the code, once for all requests: what it keeps in its own variables lives as long as it does.

        CodeError where `untrusted_lua` is off: requests are refused rather than let pass unchecked.
        """
        codes = {phase: found for phase in PHASES if (found := getattr(config, phase))}
        text = "\n".join(code for found in codes.values() for code in found)
        chains = {phase: self.node.lua.chain(found) for phase, found in codes.items()}
        return Functions(chains, bool(_READS_BODY.search(text)), bool(_WANTS_RESPONSE.search(text)))

    def bound_phases(self, config: Functions) -> Phases:
        """Take part in those phases that there is code for, and read the response where it may be wanted."""
        wanted = {*config.chains, "response"} if config.wants_response else {*config.chains}
        return {name: bound for name, bound in super().bound_phases(config).items() if name in wanted}

    def request_body_limit(self, config: Functions) -> int:
        """Have the body read when the code does."""
        return BODY_LIMIT if config.reads_body else 0

    def certificate(self, exchange: Exchange, config: Functions) -> Awaitable[None] | None:
        """Run the code for TLS hellos."""
        call, run = self._begun("certificate", exchange, config)
        return self._finished(call, run, lambda call: None) if run else None

    def rewrite(self, exchange: Exchange, config: Functions) -> Awaitable[None] | None:
        """Run the code that sees the request first; it may answer."""
        return self._answering("rewrite", exchange, config)

    def access(self, exchange: Exchange, config: Functions) -> Awaitable[None] | None:
        """Run the code before the upstream is asked; it may answer."""
        return self._answering("access", exchange, config)

    def response(self, exchange: Exchange, config: Functions) -> None:
        """Keep the upstream's body, when the code said that it will read it."""
        if exchange.ctx.get(service.WANTED) and exchange.response.body is not None:
            exchange.ctx[service.BODY] = exchange.response.body

    def header_filter(self, exchange: Exchange, config: Functions) -> None:
        """Run the code that sees the response's head; it may answer otherwise."""
        self._end(self._run("header_filter", exchange, config))

    def body_filter(self, exchange: Exchange, config: Functions, chunk: bytes, last: bool) -> bytes | None:
        """Run the code that sees each piece of the body; after the end that it has set nothing is sent."""
        if exchange.ctx.get(response.ended(self.name)):
            return b""
        call = self._run("body_filter", exchange, config, chunk, last)
        return call.chunk if call.replaced else None

    def log(self, exchange: Exchange, config: Functions) -> None:
        """Run the code for after the response."""
        self._run("log", exchange, config)

    def _run(
        self, phase: str, exchange: Exchange, config: Functions, chunk: bytes = b"", last: bool = False
    ) -> Call:
        call, _ = self._begun(phase, exchange, config, chunk, last)
        return call

    def _begun(
        self, phase: str, exchange: Exchange, config: Functions, chunk: bytes = b"", last: bool = False
    ) -> tuple[Call, Run | None]:
        call = Call(exchange, phase, self.node, self.log_to, self.name, chunk, last)
        return call, self.node.lua.call(config.chains[phase], call)

    def _answering(self, phase: str, exchange: Exchange, config: Functions) -> Awaitable[None] | None:
        call, run = self._begun(phase, exchange, config)
        if run is not None:
            return self._finished(call, run, self._end)
        self._end(call)
        return None

    async def _finished(self, call: Call, run: Run, end: Callable[[Call], None]) -> None:
        """Do what the code waits for, until it has ended."""
        while self.node.lua.go(run, *await answered(self.node, *run.wanted)):
            pass
        end(call)

    def _end(self, call: Call) -> None:
        if call.leave:
            call.leave()
        elif call.printed:
            ngx_response.finish(call)
