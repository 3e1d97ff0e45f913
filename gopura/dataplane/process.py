"""The life of the data process."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import orjson

from gopura._engine import Engine
from gopura.dataplane.configuration import Configuration
from gopura.dataplane.event_loop import PluginLoop
from gopura.dataplane.health import HealthRecord
from gopura.dataplane.lookups import lookup_check
from gopura.dataplane.metrics import Metrics
from gopura.dataplane.plugins import PluginHost
from gopura.dataplane.secrets import Secrets
from gopura.dataplane.status import StatusApi
from gopura.link import LinkClient
from gopura.plugin.discovery import discover
from gopura.plugin.node import Node
from gopura.release import VERSION
from gopura.resolver import Resolver
from gopura.supervisor.launch import Launch, Parent
from gopura.supervisor.life import Life, run_process

log = logging.getLogger(__name__)
# A worker that wants to run a plugin asks a busy Python thread to let go after so long, twice or more per request.
_SWITCH_SECONDS = 0.00002
_REPORT_SECONDS = 1.0
_DATABASE_SECONDS = 5.0
# On one machine a refused attempt costs nothing, and a write may be waiting for this data plane.
_LOCAL_RETRY_SECONDS = 0.25


def main() -> None:
    """Run until the supervisor says otherwise or is gone."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    run_process(data, "proxy_error_log")


async def data(parent: Parent, launch: Launch, life: Life) -> None:
    """Serve traffic until the end of `life`: from disk at first, then what the control plane sends."""
    process = DataProcess(launch)
    await process.start(parent, life)
    client = asyncio.create_task(process.client.run())
    reports = asyncio.create_task(process.report())
    watch = asyncio.create_task(process.watch_database())
    await life.until_end_or(client, reports, watch)
    for task in (client, reports, watch):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await process.stop(life.graceful)


class DataProcess:
    """The engine with its plugins and its configuration."""

    def __init__(self, launch: Launch) -> None:
        settings = launch.settings
        self._launch = launch
        self._engine = Engine(engine_settings(launch))
        self._loop = PluginLoop()
        self._loop.resolver = Resolver(self._engine.resolver)
        found = discover(settings.plugins, settings.plugins_path)
        node = Node(launch.node_id, self._engine.find, self._loop, dict(settings.items()), self._ask)
        self._node = node
        secrets = Secrets(settings.vault_env_prefix)
        self._plugins = PluginHost(found, node, self._loop, settings.plugin_phase_timeout, secrets)
        self._engine.set_lookup_check(lookup_check(found.plugins.values()))
        self._measures = "prometheus" in found.plugins
        self._configuration = Configuration(
            self._engine,
            self._plugins,
            node,
            settings.path("snapshot", "current"),
            settings.snapshot_save_delay,
        )
        self.client = LinkClient(
            self._configuration,
            settings.path("run", "link.sock"),
            settings.link_ping_interval,
            min(settings.link_retry_max, _LOCAL_RETRY_SECONDS),
            settings.start_timeout,
        )
        self._health = HealthRecord(self._engine, settings.path("run", "health.json"))
        self._serving = False

    async def start(self, parent: Parent, life: Life) -> None:
        """Load what is on disk; traffic begins once the newest configuration is known or out of reach."""
        self._own_loop = asyncio.get_running_loop()
        self._engine.set_status_source(self._status().answer)
        self.client.on_connected = self._node.records.forget_all
        self._loop.start()
        on_disk = await self._configuration.load()
        self.client.on_current = lambda: self._serve(parent)
        life.on_reopen = self._engine.reopen_logs
        if on_disk:
            self.client.on_refused = self.client.on_current
            self._waiting = asyncio.create_task(self._serve_alone(parent, life))

    def _status(self) -> StatusApi:
        metrics = Metrics(self._launch.node_id, self._engine, self._plugins, self._loop)
        upstreams = self.client.call if self._launch.settings.database == "off" else None
        return StatusApi(metrics.text if self._measures else None, upstreams, self._own_loop)

    async def _ask(self, name: str, params: Mapping[str, Any]) -> Any:
        """Call the control plane from the plugins' loop: the link lives on this process's own."""
        call = self.client.call(name, params)
        async with asyncio.timeout(self._launch.settings.pg_timeout / 1000 or None):
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call, self._own_loop))

    async def _serve_alone(self, parent: Parent, life: Life) -> None:
        await life.alone.wait()
        self._serve(parent)

    def _serve(self, parent: Parent) -> None:
        if self._serving:
            return
        self._serving = True
        self._plugins.start()
        if self._launch.strict and self._plugins.failed:
            parent.report("failed", message=f"cannot be started: {', '.join(self._plugins.failed)}")
            return
        self._health.restore()
        self._engine.start()
        gc.collect()
        gc.freeze()  # what lives now lives on: later collections need not look at it
        parent.report("ready")

    async def report(self) -> None:
        """Tell the control plane, and the process after this one, how things are, now and then."""
        while True:
            await self.client.send(self._configuration.report())
            if self._serving:
                self._health.save()
            await asyncio.sleep(_REPORT_SECONDS)

    async def watch_database(self) -> None:
        """Learn now and then whether the control plane's database answers; while that is away, the last word counts."""
        while True:
            try:
                self._engine.set_database_reachable(await self.client.call("database", {}))
            except TimeoutError:
                self._engine.set_database_reachable(False)
            except (ConnectionError, RuntimeError) as error:
                log.debug("nobody says whether the database answers: %s", error)
            await asyncio.sleep(_DATABASE_SECONDS)

    async def stop(self, graceful: bool) -> None:
        """Save, let requests finish when that is wanted, and end."""
        await self._configuration.save()
        if graceful and not await asyncio.to_thread(self._engine.drain, self._launch.settings.drain_timeout):
            log.warning("some requests did not finish within drain_timeout and are cut off")
        await asyncio.to_thread(self._engine.stop)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._node.stop(), self._loop))
        self._loop.shut_down()


def engine_settings(launch: Launch) -> bytes:
    """The settings in the form that the engine reads."""
    listeners = {
        name: [bound.to_json() for bound in launch.listeners[f"{setting}_listen"]]
        for name, setting in (("listeners", "proxy"), ("status_listeners", "status"))
    }
    certificates = launch.certificates.get("proxy_listen") or launch.certificates.get("status_listen") or []
    return orjson.dumps(
        dict(launch.settings.items())
        | listeners
        | {
            "workers": launch.workers,
            "server": f"gopura/{VERSION}",
            "node_id": launch.node_id,
            "default_certificates": certificates,
        }
    )
