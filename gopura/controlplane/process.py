"""The life of the control process."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import Any

from starlette.types import ASGIApp

from gopura import entities, progress, vaults
from gopura.admin import create_app
from gopura.admin.app import Admin
from gopura.admin.information.status import reachable
from gopura.controlplane import node_store, status_api
from gopura.controlplane.access_log import AccessLog
from gopura.controlplane.admin_server import AdminServers
from gopura.controlplane.history import keep_bounded
from gopura.controlplane.plugin_parts import PluginParts
from gopura.controlplane.records import Records, forget
from gopura.declarative import InvalidConfiguration, KeptConfigurationError
from gopura.entities.plugins import enabled
from gopura.link import LinkServer
from gopura.resolver import resolve_by
from gopura.settings import Settings
from gopura.snapshot import Builder
from gopura.store import DatabaseUnavailable, NotBootstrapped, Store
from gopura.supervisor.database_file import LostDatabaseError, refuse_cut
from gopura.supervisor.launch import Launch, Parent
from gopura.supervisor.life import Life, run_process

log = logging.getLogger(__name__)

_UNUSABLE = (LostDatabaseError, DatabaseUnavailable, NotBootstrapped, KeptConfigurationError, OSError)
"""What keeps the store from being opened; the message says the mend."""
_PROGRESS_SECONDS = 0.5


def main() -> None:
    """Run until the supervisor says otherwise or is gone."""
    run_process(control, "admin_error_log")


async def control(parent: Parent, launch: Launch, life: Life) -> None:
    """Serve the Admin API and the link until the end of `life`."""
    resolve_by(launch.settings)
    for broken in entities.follow(launch.settings):
        log.error("plugin left out: %s", broken)
    for fault in vaults.missing(launch.settings.vaults):
        log.error("%s", fault)
    async with AsyncExitStack() as stack:
        telling = asyncio.create_task(_tell_progress(parent))
        stack.callback(telling.cancel)
        try:
            refuse_cut(launch.settings)
            store = await stack.enter_async_context(node_store.opened(launch.settings))
        except InvalidConfiguration as error:
            parent.report(
                "failed", message="; ".join(["the declarative configuration is invalid", *error.lines()])
            )
            return
        except _UNUSABLE as error:
            parent.report("failed", message=str(error))
            return
        parts = PluginParts(enabled(), store, launch.settings)
        calls = DataPlaneCalls(store, launch.settings, parts)
        builder, link = await _link(store, calls, launch, stack)
        app = create_app(store, launch.settings, link, parts.endpoints())
        calls.admin = app.router.default
        servers = AdminServers(AccessLog(app, launch.settings), launch)
        serving = await servers.start()
        telling.cancel()
        parent.report("ready")
        following = asyncio.create_task(builder.follow())
        pruning = asyncio.create_task(keep_bounded(store, launch.settings.change_log_days))
        working = asyncio.create_task(parts.run())
        await life.until_end_or(following, pruning, working, serving)
        for task in (following, pruning, working):
            task.cancel()
        await asyncio.wait([following, pruning, working])
        await servers.stop(life.graceful)


async def _tell_progress(parent: Parent) -> None:
    """Let the supervisor wait as long as this process gets on with its start."""
    told = 0
    while True:
        await asyncio.sleep(_PROGRESS_SECONDS)
        if progress.steps() != told:
            told = progress.steps()
            parent.report("progress")


class DataPlaneCalls:
    """Answers what data planes ask: for rows, a plugin's part in this process, how the database is, what their status
    API tells."""

    def __init__(self, store: Store, settings: Settings, parts: PluginParts) -> None:
        self._store, self._parts = store, parts
        self.records = Records(store, settings.pg_timeout / 1000 or None)
        self.admin: ASGIApp | None = None

    async def answer(self, name: str, params: dict[str, Any]) -> Any:
        """Answer, or raise what tells the other side why not."""
        if name == "plugin":
            return await self._parts.answer(**params)
        if name == "database":
            return await reachable(self._store)
        if name == "status":
            if not isinstance(self.admin, Admin):
                raise ConnectionError("the Admin API is not there yet")
            return await status_api.answer(self.admin, **params)
        return await self.records.answer(name, params)


async def _link(
    store: Store, calls: DataPlaneCalls, launch: Launch, stack: AsyncExitStack
) -> tuple[Builder, LinkServer]:
    settings = launch.settings
    builder = Builder(store, settings.snapshot_window)
    link = LinkServer(builder, settings.write_ack_timeout, settings.link_ping_interval)
    builder.on_change = link.announce
    link.answer = calls.answer
    builder.on_left_out = lambda changes: forget(changes, link.tell)
    await builder.load()
    await stack.enter_async_context(link.listening(settings.path("run", "link.sock")))
    log.debug("the snapshot has version %d", builder.version)
    return builder, link
