"""The plugin host: from plugin entities to what the engine calls."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gopura.dataplane.event_loop import PluginLoop
from gopura.dataplane.secrets import Secrets
from gopura.plugin import MatchLimitError, Phases, Plugin, Use
from gopura.plugin.discovery import Found, is_bundled
from gopura.plugin.lua import CodeError
from gopura.plugin.node import Node
from gopura.schema import SchemaViolation
from gopura.schema.violation import listed, tree_of

log = logging.getLogger("gopura.plugins")

Change = tuple[str, str, bytes, bytes]
"""Id, plugin name, configuration as JSON, whole entity as JSON."""

_FIRST = 1_000_000
"""A priority above those of all plugins."""

TIME_LIMIT = 60.0
"""Seconds that one phase of a coroutine may take."""


@dataclass(frozen=True)
class BoundPlugin:
    """One configured plugin with all that the engine reads, once, when a snapshot is committed."""

    id: str
    name: str
    priority: int
    config: Any
    phases: Phases
    request_body: int
    response_body: int
    no_route: bool
    no_service: bool
    no_consumer: bool
    loop: PluginLoop
    time_limit: float
    enabled: bool = True

    def failed(self, phase: str, exchange: Any, error: BaseException) -> None:
        """Write the log line of a phase that raised."""
        route = exchange.route
        name = (route.name or route.id) if route else "none"
        request = "none" if phase == "certificate" else exchange.request.id
        about = f"{self.name} failed in {phase}, route {name}, request {request}"
        service, consumer = exchange.service, exchange.consumer
        about += f", service {service.name or service.id}" if service else ""
        about += f", consumer {consumer.username or consumer.id}" if consumer else ""
        if isinstance(error, CodeError | MatchLimitError):  # it names what failed; Python has no part in it
            log.error("%s: %s", about, error)
        else:
            log.error("%s", about, exc_info=error)


class UnusableError(ValueError):
    """Configurations that their plugins cannot use: `faults` has the id of each, and why."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{key}: {reason}" for key, reason in faults))


def _refuse(exchange: Any, config: None) -> None:
    exchange.error(500, "An unexpected error occurred")


_REFUSING: Phases = {"access": (_refuse, False)}


def _reason(error: Exception) -> str:
    """What is wrong with a configuration, as the Admin API says it: values, which may be secrets, are not told."""
    if isinstance(error, ValidationError):
        return SchemaViolation({"config": listed(tree_of(error))}).message
    return str(error) or type(error).__name__


def _without_values(error: ValueError) -> str:
    """Where it failed, without the secret itself."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    return "; ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))


class PluginHost:
    """The plugins of this node and their configurations.

    Call `bind` with what a prepared snapshot changed, hand the answer to `Engine.commit`, then call
    `committed`.
    """

    def __init__(
        self,
        found: Found,
        node: Node,
        loop: PluginLoop,
        time_limit: float = TIME_LIMIT,
        secrets: Secrets | None = None,
    ) -> None:
        self._loop, self._time_limit = loop, time_limit
        self._plugins: dict[str, Plugin] = {}
        self.failed: list[str] = []
        """Names of plugins that failed outside of requests."""
        for name, plugin in found.plugins.items():
            with self._contained(name, "set up, and is left out"):
                self._plugins[name] = plugin(node)
        self._bound: dict[str, BoundPlugin] = {}
        self._next: dict[str, BoundPlugin] = {}
        self._told: set[str] = set()
        self._untold = set(self._plugins)
        self.secrets = secrets or Secrets()
        self._with_references: dict[str, bytes] = {}
        for broken in found.broken:
            log.error("plugin left out: %s", broken)
        # Whoever wrote a plugin may use the client; those that come with gopura say so when they are configured.
        self._readying = threading.Thread(target=node.http.prepare, daemon=True)
        if not all(is_bundled(plugin) for plugin in found.plugins.values()):
            self._readying.start()

    def start(self) -> None:
        """Let the plugins start their background work, when what they need is ready."""
        if self._readying.ident is not None:
            self._readying.join()
        for name, plugin in self._plugins.items():
            with self._contained(name, "started"):
                plugin.start()

    @contextmanager
    def _contained(self, name: str, done: str) -> Iterator[None]:
        """Keep a plugin's fault from the node and the other plugins."""
        try:
            yield
        except Exception:
            log.exception("the plugin %s cannot be %s", name, done)
            self.failed.append(name)

    def ask(self, name: str, question: str, params: Mapping[str, Any]) -> Any:
        """Have a plugin answer the Admin API; LookupError when there is no such plugin, or no answer."""
        if name not in self._plugins:
            raise LookupError(f"the plugin {name} is not loaded")
        return self._plugins[name].answer(question, params)

    def bind(
        self, changed: Iterable[Change], removed: Iterable[str], *, whole: bool = False
    ) -> Mapping[str, BoundPlugin]:
        """Bind what is to run once the prepared snapshot is committed; UnusableError for bad configurations.

        Other plugins stay as they are bound. Of a `whole` snapshot, which must be served, the requests of a bad
        configuration are refused instead.
        """
        stale, faults, fresh = set(removed), [], dict[str, BoundPlugin]()
        for key, name, _config, entity in [change for change in changed if change[0] not in stale]:
            stale.add(key)
            self._remember(key, entity)
            try:
                if bound := self._bound_to(name, json.loads(entity)):
                    fresh[key] = bound
            except Exception as error:
                if whole:
                    self._unusable(name, key, error)
                    fresh[key] = self._refusing(name, key)
                else:
                    faults.append((key, f"{name}: {_reason(error)}"))
        if faults:
            raise UnusableError(faults)
        self._take(stale, fresh)
        return fresh

    def _take(self, stale: set[str], fresh: dict[str, BoundPlugin]) -> None:
        """Have these plugins replace those when the snapshot is committed."""
        if stale:
            kept = {key: bound for key, bound in self._bound.items() if key not in stale}
            ended = {bound.name for key in stale if (bound := self._bound.get(key))}
            self._untold |= ended | {bound.name for bound in fresh.values()}
            self._next = kept | fresh

    def refusing(self) -> list[tuple[str, str]]:
        """The plugins that cannot run, whose requests are refused: the id of each, and which it is."""
        return [(key, bound.name) for key, bound in self._bound.items() if bound.phases is _REFUSING]

    def refreshed(self) -> list[Change]:
        """The plugins with references to vaults, as changes: bind them again when a vault changed."""
        found = {key: entity for key, entity in self._with_references.items() if key in self._bound}
        return [(key, self._bound[key].name, b"", entity) for key, entity in found.items()]

    def _remember(self, key: str, entity: bytes) -> None:
        self._with_references.pop(key, None)
        if self.secrets.concern(entity):
            self._with_references[key] = entity

    def _config(self, plugin: Plugin, given: dict[str, Any]) -> Any:
        """The typed configuration with its secrets; with the references as they are where a secret does not fit."""
        resolved = self.secrets.resolved(plugin.Config.shape(), given)
        try:
            return plugin.Config.load(resolved)
        except ValueError as error:
            if resolved == given:
                raise
            log.error("a secret of %s cannot be used: %s", plugin.name, _without_values(error))  # noqa: TRY400
            return plugin.Config.load(given)

    def committed(self) -> None:
        """Take what `bind` said as what runs, and tell the plugins whose configurations changed."""
        self._bound = self._next
        for name in self._untold & self._plugins.keys():
            with self._contained(name, "told its configurations"):
                found = (one for one in self._bound.values() if one.name == name and one.enabled)
                configs = [bound.config for bound in found]
                self._plugins[name].configure(configs)
        self._untold.clear()

    def _bound_to(self, name: str, entity: dict[str, Any]) -> BoundPlugin | None:
        plugin = self._plugins.get(name)
        if plugin is None:
            self._tell(name, "not loaded by this node: its requests are refused")
            return self._refusing(name, entity["id"])
        return self._bind(plugin, entity)

    def _tell(self, name: str, what: str) -> None:
        """Say once per plugin what becomes of requests."""
        if name not in self._told:
            self._told.add(name)
            log.error("the plugin %s is configured but %s", name, what)

    def _unusable(self, name: str, key: str, error: Exception) -> None:
        """Say each time what becomes of requests: it was stored for another version of the plugin, perhaps."""
        log.error(
            "plugins %s, %s: %s: its requests are refused until it is mended", key, name, _reason(error)
        )

    def _refusing(self, name: str, key: str) -> BoundPlugin:
        """Stand in for a plugin that is not there: nobody passes where it might have refused."""
        return BoundPlugin(
            id=key,
            name=name,
            priority=_FIRST,
            config=None,
            phases=_REFUSING,
            request_body=0,
            response_body=0,
            no_route=False,
            no_service=False,
            no_consumer=False,
            loop=self._loop,
            time_limit=self._time_limit,
        )

    def _bind(self, plugin: Plugin, entity: dict[str, Any]) -> BoundPlugin:
        config = plugin.prepare(self._config(plugin, entity.get("config") or {}), Use.of(entity))
        return BoundPlugin(
            id=entity["id"],
            name=plugin.name,
            priority=plugin.priority,
            config=config,
            phases=plugin.bound_phases(config),
            request_body=plugin.request_body_limit(config),
            response_body=plugin.response_body_limit(config),
            no_route=plugin.no_route,
            no_service=plugin.no_service,
            no_consumer=plugin.no_consumer,
            loop=self._loop,
            time_limit=self._time_limit,
            enabled=entity.get("enabled", True),
        )
