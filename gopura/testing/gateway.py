"""A gateway in this process."""

from __future__ import annotations

import asyncio
import json
import socket
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gopura._engine import Engine
from gopura.dataplane.event_loop import PluginLoop
from gopura.dataplane.lookups import lookup_check
from gopura.dataplane.plugins import PluginHost
from gopura.plugin import Plugin
from gopura.plugin.discovery import discover
from gopura.plugin.node import Node
from gopura.resolver import Resolver
from gopura.snapshot.content import Content
from gopura.testing.client import Client
from gopura.testing.configuration import Configuration, Given
from gopura.testing.errors import explained
from gopura.testing.records import MemoryRecords
from gopura.testing.upstream import Upstream


class Gateway(Client):
    """Serves one service, `echo`, by one route, `all`, for every path, with the given plugins on a free port.

    The first plugin is configured globally with `config`, unless `given` configures plugins itself; `given` has
    further entities by collection, such as `{"consumers": [{"username": "bob"}]}`. Its rows have what differs from the
    defaults; where they refer to another row, its name, username, key or id is enough: `{"consumer": "bob"}`. Rows
    come after those that they refer to. Routes in `given` replace `all`. Bundled plugins are there too.
    HTTP/1.1 and HTTP/2 are spoken. With `certificate`, paths of a certificate and its key, TLS is served on `tls_port`.
    `settings` are settings by name, `time_limit` is `plugin_phase_timeout`.

    `upstream` is the echo server, `node` what plugins have as `self.node`, `host.ask` asks a plugin's `answer`.
    """

    def __init__(
        self,
        *plugins: type[Plugin],
        config: Mapping[str, Any] | None = None,
        given: Given | None = None,
        settings: Mapping[str, Any] | None = None,
        time_limit: float = 10.0,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self.upstream = Upstream()
        self._found = discover()
        self._found.plugins.update({plugin.name: plugin for plugin in plugins})
        self._sockets = [_listen() for _ in range(2 if certificate else 1)]
        super().__init__(self._sockets[0].getsockname()[1])
        self.tls_port: int = self._sockets[-1].getsockname()[1]
        self.loop = PluginLoop()
        self.engine = Engine(_settings(self._sockets, certificate, settings or {}))
        self.loop.resolver = Resolver(self.engine.resolver)
        self.engine.set_lookup_check(lookup_check(self._found.plugins.values()))
        self.records = MemoryRecords()
        self.node = Node(str(uuid.uuid4()), self.engine.find, self.loop, settings, self.records.answer)
        self.records.on_change = self.node.records.forget
        self.host = PluginHost(self._found, self.node, self.loop, time_limit)
        self._version = 0
        try:
            self.configure(_first(plugins, config, given or {}))
        except BaseException:
            self._close()
            raise

    def configure(self, given: Given) -> None:
        """Serve these entities, together with the echo service, instead of what was served before.

        ConfigurationError says what is wrong with them.
        """
        configuration = Configuration(self._found.plugins)
        configuration.add("services", {"name": "echo", "url": self.upstream.url, "retries": 0})
        if "routes" not in given:
            configuration.add("routes", {"name": "all", "paths": ["/"], "service": "echo"})
        for kind, rows in given.items():
            for row in rows:
                configuration.add(kind, row)
        self._version += 1
        content = Content(self._version)
        for kind, rows in configuration.rows.items():
            content.add(kind, rows)
        with explained("this configuration cannot be served"):
            prepared = self.engine.prepare(content.message())
            self.engine.commit(prepared, self.host.bind(prepared.changed_plugins, prepared.removed_plugins))
        self.host.committed()

    def start(self) -> Self:
        """Begin to serve."""
        self.loop.start()
        self.host.start()
        self.engine.start()
        return self

    def stop(self) -> None:
        """Stop serving; background work is cancelled."""
        self.engine.stop()
        asyncio.run_coroutine_threadsafe(self.node.stop(), self.loop).result()
        self.loop.shut_down()
        self._close()

    def _close(self) -> None:
        self.loop.close()
        for listening in self._sockets:
            listening.close()
        self.upstream.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _listen() -> socket.socket:
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.setblocking(False)
    return listening


def _settings(
    sockets: list[socket.socket], certificate: tuple[Path, Path] | None, settings: Mapping[str, Any]
) -> bytes:
    listeners = []
    for number, listening in enumerate(sockets):
        ip, port = listening.getsockname()
        kind = {"ssl": number == 1, "http2": True}
        listeners.append({"ip": ip, "port": port, "fds": [listening.fileno()]} | kind)
    defaults = {"workers": 1, "server": "gopura/test", "listeners": listeners, "prefix": "."}
    defaults["default_certificates"] = [[str(path) for path in certificate]] if certificate else []
    return json.dumps(defaults | dict(settings)).encode()


def _first(plugins: tuple[type[Plugin], ...], config: Mapping[str, Any] | None, given: Given) -> Given:
    if "plugins" in given or not plugins:
        return given
    return {**given, "plugins": [{"name": plugins[0].name, "config": config or {}}]}
