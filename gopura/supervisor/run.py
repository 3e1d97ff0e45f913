"""Runs a node until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from gopura import logs
from gopura.settings import Settings, SettingsError
from gopura.supervisor import commands
from gopura.supervisor.node import Node, StartError

log = logging.getLogger(__name__)


class Supervisor:
    """A node together with the signals and commands that steer it."""

    def __init__(self, settings: Settings, foreground: bool, development: bool = False) -> None:
        self.node = Node(settings, foreground)
        self._foreground = foreground
        self._development = development
        self._prefix = settings.prefix
        self._conf = settings.conf
        self._environ = dict(os.environ)
        self._end: asyncio.Future[bool]

    async def run(self, started: Callable[[Node], None]) -> None:
        """Start, call `started`, and return after a stop; one of StartError when the start fails."""
        self._end = asyncio.get_running_loop().create_future()
        self._handle_signals()
        handlers: dict[str, commands.Handler] = {"status": self._status, "reload": self._reload_command}
        self.node.claim()
        try:
            async with await commands.listen(self.node.prefix.command_socket, handlers):
                if self._development:
                    self._following = asyncio.create_task(self._follow_plugins())
                await self._start_or_end()
                if not self._end.done():
                    started(self.node)
                await self._end
        finally:
            await self.node.stop(self._end.done() and self._end.result())

    async def _follow_plugins(self) -> None:
        from gopura.supervisor import development  # an outright start need not load the watcher

        try:
            await development.follow(
                plugin_folders(self.node.settings), self.node.prefix.path / "run" / "plugins", self._take_up
            )
        except Exception:
            log.exception("changes of plugins are not followed any more")

    async def _start_or_end(self) -> None:
        starting = asyncio.create_task(self.node.start())
        self._end.add_done_callback(lambda _: starting.cancel())
        with suppress(asyncio.CancelledError):
            await starting

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop, False)
        loop.add_signal_handler(signal.SIGQUIT, self._stop, True)
        loop.add_signal_handler(signal.SIGHUP, self._reload_by_signal)
        loop.add_signal_handler(signal.SIGUSR1, self._reopen)

    def _stop(self, graceful: bool) -> None:
        if not self._end.done():
            self._end.set_result(graceful)
        elif not graceful:
            self.node.hurry()

    def _reload_by_signal(self) -> None:
        self._reloading = asyncio.create_task(self._reload())

    def _reopen(self) -> None:
        logs.reopen()
        self.node.reopen_logs()

    async def _take_up(self, folders: list[Path]) -> None:
        """Have new processes load plugins from these folders; one that does not start keeps the old processes."""
        await self._reload(plugins_path=[str(folder) for folder in folders])

    async def _reload(
        self,
        conf: Path | None = None,
        environ: Mapping[str, str] | None = None,
        **values: Any,
    ) -> str | None:
        """Read the settings again, from another file or with other variables if given; the reason when it fails.

        `values` take the place of what is read: then plugins are being written, and have to start.
        """
        conf, environ = conf or self._conf, self._environ | dict(environ or {})
        told = self.node.settings.notices
        try:
            fresh = Settings.load(conf, environ, {"prefix": self._prefix}).with_values(**values)
            await self.node.reload(fresh, strict=bool(values))
            logs.configure(fresh, fresh.proxy_error_log, self._foreground)
        except (SettingsError, *StartError) as error:
            log.error("the reload failed, everything runs on as before: %s", error)  # noqa: TRY400
            return str(error)
        self._conf, self._environ = conf, environ
        for notice in fresh.notices:
            if notice not in told:
                log.log(logs.NOTICE, "%s", notice)
        return None

    async def _status(self, _request: dict[str, Any]) -> dict[str, Any]:
        return self.node.status()

    async def _reload_command(self, request: dict[str, Any]) -> dict[str, Any]:
        conf = Path(request["conf"]) if request["conf"] else None
        return {"error": await self._reload(conf, request["environ"])}


def plugin_folders(settings: Settings) -> list[Path]:
    """The folders whose files are plugins."""
    return [Path(folder).expanduser() for folder in settings.plugins_path]
