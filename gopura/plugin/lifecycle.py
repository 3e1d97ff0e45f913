"""The life of one request as plugins see it: every phase, in order, on one page.

    TLS hello ──► certificate
    request  ──► rewrite ──► [route found] ──► access ──► upstream
    response ◄── log ◄── body_filter ◄── header_filter ◄── response ◄──┘

A plugin overrides the phases that it wants; the engine asks a class once which it has and calls no others.
Each phase may be `def` or `async def`. A plain method runs on a worker thread, beside the requests of other
clients, and must not block. A coroutine may wait for anything asyncio can wait for; one that never really
waits stays on its worker, and costs a few microseconds more than a plain method. A plain method may return a
coroutine: then only the requests that need one pay for it.

An exception in any phase stays in its request: the client gets 500 (when nothing was sent yet) and the log
gets a line with the plugin, the route and the traceback. So does a coroutine that exceeds the time limit.
When the client leaves while a coroutine of `rewrite`, `access` or `response` waits, it is cancelled.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from gopura import schema
from gopura.schema.types.protocols import HTTP_PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from gopura._engine import Exchange, Response
    from gopura.plugin.control import ControlPart
    from gopura.plugin.node import Node

    Outcome: TypeAlias = Response | Awaitable[Response | None] | None
    Nothing: TypeAlias = Awaitable[None] | None

PHASES = (
    "certificate",
    "rewrite",
    "access",
    "response",
    "header_filter",
    "body_filter",
    "log",
    "preread",
)
"""Every phase, in the order in which they run; `preread` belongs to TCP and UDP streams."""


RESPONSE_BODY_LIMIT = 16 * 1024 * 1024

Phases = dict[str, tuple[Callable[..., Any], bool]]
"""By phase: the method, and whether it is a coroutine function."""


@dataclass(frozen=True)
class Use:
    """One use of a plugin: the facts about its entity beside the configuration."""

    id: str
    instance_name: str | None = None
    route: str | None = None
    service: str | None = None
    consumer: str | None = None
    """Ids of what it is bound to; None for all."""

    @classmethod
    def of(cls, entity: Mapping[str, Any]) -> Use:
        """Read the facts from a plugin entity."""
        scopes = {name: (entity.get(name) or {}).get("id") for name in ("route", "service", "consumer")}
        return cls(entity["id"], entity.get("instance_name"), **scopes)


class Plugin:
    """One plugin: its configuration, and what it does in which phase.

    Subclass it with a name and a priority; plugins of higher priority run first::

        class Greeter(Plugin, name="greeter", priority=500):
            class Config(config.Record):
                greeting: str = "hello"

            def header_filter(self, exchange: Exchange, config: Config) -> None:
                exchange.response.headers.set("X-Greeting", config.greeting)

    One instance serves all requests of a node; what belongs to one request lives in `exchange.ctx`. `log_to` logs.
    """

    name: ClassVar[str]
    priority: ClassVar[int]
    version: ClassVar[str]
    protocols: ClassVar[tuple[str, ...]]
    """The protocols that its entities may name."""
    no_route: ClassVar[bool]
    no_service: ClassVar[bool]
    no_consumer: ClassVar[bool]
    """Scopes that its entities may not have."""
    entities: ClassVar[tuple[type[schema.Entity], ...]] = ()
    """Entities of its own: tables, Admin endpoints and lookups through `self.node.find`."""
    default_protocols: ClassVar[tuple[str, ...]] = HTTP_PROTOCOLS
    """The protocols of its entities that name none."""
    checks: ClassVar[Sequence[schema.Check]] = ()
    """What must hold between the fields of its entities, e.g. between `config.a` and `config.b`."""
    example: ClassVar[Mapping[str, Any]] = {}
    """A plain configuration that works, for who reads the reference or `/openapi`; empty: none is shown."""

    class Config(schema.Record):
        """A plugin without settings."""

    def __init_subclass__(
        cls,
        *,
        name: str | None = None,
        priority: int = 1000,
        version: str = "3.5.0",
        protocols: tuple[str, ...] = HTTP_PROTOCOLS,
        no_route: bool = False,
        no_service: bool = False,
        no_consumer: bool = False,
    ) -> None:
        """Take the plugin's traits from the class statement; a class without a name is a base of others."""
        super().__init_subclass__()
        if name is None:
            return
        cls.name, cls.priority, cls.version, cls.protocols = name, priority, version, protocols
        cls.no_route, cls.no_service, cls.no_consumer = no_route, no_service, no_consumer

    def __init__(self, node: Node) -> None:
        """Keep the node; called once when the data plane starts, in no phase."""
        self.node = node
        self.log_to = logging.getLogger(f"gopura.plugins.{self.name}")

    @classmethod
    def control_part(cls) -> type[ControlPart] | None:
        """Name the class of what it does in the control process, if it does something there."""
        return None

    def prepare(self, config: Any, use: Use) -> Any:
        """Turn a configuration into what the phases get, once, when it comes into force; by default itself."""
        return config

    def configure(self, configs: list[Any]) -> None:
        """Hear all prepared configurations that are in force, after each change; by default nobody listens."""

    def start(self) -> None:
        """Start background work (`self.node.every`, `self.node.spawn`) once; nothing by default."""

    def answer(self, question: str, params: Mapping[str, Any]) -> Any:
        """Answer what the Admin API asks about what this node holds; by default nothing can be asked.

        Runs on a thread of its own; whatever JSON can carry may be returned. Endpoints of the Admin API that come with
        gopura ask, such as those of proxy-cache; in tests `gateway.host.ask(name, question, params)` does.
        """
        raise LookupError(f"{self.name} cannot be asked for {question}")

    async def ask_control(self, question: str, **params: Any) -> Any:
        """Ask its part in the control process; ConnectionError or TimeoutError when that is away, RuntimeError
        with the reason when it has no answer.
        """
        return await self.node.ask("plugin", {"plugin": self.name, "question": question, "params": params})

    def request_body_limit(self, config: Any) -> int:
        """Say how many bytes of the client's body must be in memory for `access`; 0 leaves it streaming.

        The body is read when this plugin's turn has come, not for a request that a plugin before it refuses. One beyond
        the limit streams on as if nobody had asked, and `exchange.request.body` is None: a plugin that needs it all
        refuses it by `exchange.limit_body`.
        """
        return 0

    def response_body_limit(self, config: Any) -> int:
        """Say how many bytes of the upstream's body may be held for the `response` phase; 16 MiB by default.

        Of a longer body the phase sees status and headers; `exchange.response.body` is None, and the body streams on
        unless the phase gives another one.
        """
        return RESPONSE_BODY_LIMIT

    def certificate(self, exchange: Exchange, config: Any) -> Nothing:
        """In this phase a TLS client has said which name it wants, and nothing else is known.

        Global configurations run, and those of routes whose `snis` name it. By default the certificate of the SNI
        is presented and none is asked for; `exchange.tls.request_certificate` asks the client for one, which later
        phases find in `exchange.tls`. The exchange ends with the handshake: requests on the connection have their
        own. An exception refuses the handshake.
        """

    def rewrite(self, exchange: Exchange, config: Any) -> Outcome:
        """In this phase the request's head was read and no route is chosen yet.

        Only global configurations run, for unmatched requests too. By default nothing happens.
        `exchange.exit` answers at once; `header_filter`, `body_filter` and `log` still run.
        """

    def access(self, exchange: Exchange, config: Any) -> Outcome:
        """In this phase route and service are known, and nothing was sent to the upstream yet.

        Authentication, limits and changes of the request happen here. By default the request goes on.
        `exchange.exit` ends the request: later plugins' `access` is skipped; without a body it shows the page
        that the status has, if any. `exchange.authenticate` names the consumer; from then on later plugins run with
        that consumer's configurations.
        """

    def response(self, exchange: Exchange, config: Any) -> Outcome:
        """In this phase the upstream's whole response lies in memory and nothing was sent to the client.

        A plugin with this phase makes the engine buffer responses, up to `response_body_limit`; without one they
        stream. `exchange.response.body` may be read and set, `exchange.exit` replaces the answer. Answers made by
        the gateway itself do not pass here.
        """

    def header_filter(self, exchange: Exchange, config: Any) -> Nothing:
        """In this phase the response's status and headers are complete and may still be changed.

        It runs for answers of plugins and of the gateway as well; `exchange.response.source` tells which.
        The return value means nothing.
        """

    def body_filter(self, exchange: Exchange, config: Any, chunk: bytes, last: bool) -> bytes | None:
        """In this phase one piece of the response's body is about to be sent; never a coroutine.

        None leaves it as it is, bytes replace it (`b""` holds it back). The last call has `last` set and may
        have an empty chunk. The engine drops Content-Length when a plugin has this phase, as lengths may
        change. An exception cuts the response off.
        """

    def log(self, exchange: Exchange, config: Any) -> Nothing:
        """In this phase the response was sent, or the client has gone; nothing can be changed any more.

        It runs once for each request that got as far as `rewrite`. Errors only reach the log.
        """

    def preread(self, exchange: Exchange, config: Any) -> Outcome:
        """In this phase a TCP, TLS or UDP stream was accepted and no upstream is chosen yet.

        By default the stream is passed on; `exchange.exit` closes it. `log` runs when the stream has ended.
        The class must name a stream's protocol in `protocols`. This release proxies HTTP only: nothing calls it yet.
        """

    @classmethod
    def phases(cls) -> tuple[str, ...]:
        """Name the phases that this class overrides, in order."""
        return tuple(phase for phase in PHASES if getattr(cls, phase) is not getattr(Plugin, phase))

    def bound_phases(self, config: Any) -> Phases:
        """Pair each phase with its method, and whether that is a coroutine function, for one configuration.

        `config` is the prepared one; a plugin may leave out or exchange methods by it.
        """
        methods = {phase: getattr(self, phase) for phase in self.phases()}
        return {phase: (method, iscoroutinefunction(method)) for phase, method in methods.items()}
