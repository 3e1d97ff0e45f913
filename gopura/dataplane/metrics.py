"""What the status API shows at `/metrics`."""

from __future__ import annotations

import os

import psutil

from gopura._engine import Engine
from gopura.dataplane.plugins import PluginHost
from gopura.plugins.prometheus.node import node


class Metrics:
    """The node's own numbers, and what the plugin prometheus counts."""

    def __init__(self, node_id: str, engine: Engine, plugins: PluginHost) -> None:
        self._node_id, self._engine, self._plugins = node_id, engine, plugins
        self._process = psutil.Process()

    def text(self) -> str:
        """All of it, as Prometheus reads it; from any thread."""
        sizes = {os.getpid(): self._process.memory_info().rss}
        own = node(self._node_id, self._engine.counters(), sizes)
        return "".join([*own, self._plugins.ask("prometheus", "metrics", {})])
