"""What the status API shows at `/metrics`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import orjson
import psutil

from gopura._engine import Engine
from gopura.dataplane.plugins import PluginHost
from gopura.plugins.prometheus.node import datastore, node, timers
from gopura.plugins.prometheus.targets import targets


class Metrics:
    """The node's own numbers, and what the plugin prometheus counts; `loop` is where plugins work in the background."""

    def __init__(
        self, node_id: str, engine: Engine, plugins: PluginHost, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._node_id, self._engine, self._plugins, self._loop = node_id, engine, plugins, loop
        self._process = psutil.Process()

    def text(self) -> str:
        """All of it, as Prometheus reads it; from any thread."""
        sizes = {os.getpid(): self._process.memory_info().rss}
        own = [
            datastore(self._engine.database_reachable()),
            timers(len(asyncio.all_tasks(self._loop))),
            *node(self._node_id, self._engine.counters(), sizes),
        ]
        if self._plugins.ask("prometheus", "upstream_health", {}):
            own.append(targets(self._healths()))
        return "".join([*own, self._plugins.ask("prometheus", "metrics", {})])

    def _healths(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for id_, name in self._engine.upstreams():
            if health := self._engine.upstream_health(id_):
                yield name, orjson.loads(health)["targets"]
