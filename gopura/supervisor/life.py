"""What all processes under the supervisor do alike: start, obey signals, and end with the supervisor."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from typing import Any

import uvloop

from gopura import logs
from gopura.supervisor.launch import Launch, Parent
from gopura.supervisor.loop import ResolvingLoop

log = logging.getLogger(__name__)


class Life:
    """How long a process lives. `graceful` says whether it should finish what it has begun.

    `on_reopen` is called when log files were renamed and are to be opened again.
    `alone` is set in a data process when there is no control process beside it to wait for.
    """

    def __init__(self, parent: Parent) -> None:
        self.graceful = False
        self.alone = asyncio.Event()
        self.on_reopen: Callable[[], None] = lambda: None
        self._over = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGQUIT, self.end, True)
        loop.add_signal_handler(signal.SIGUSR1, self._reopen)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end, False)
        self._watch = asyncio.create_task(self._end_with(parent))

    def end(self, graceful: bool) -> None:
        """End the process."""
        self.graceful = graceful
        self._over.set()

    def _reopen(self) -> None:
        logs.reopen()
        self.on_reopen()

    async def until_end_or(self, *tasks: asyncio.Task[Any]) -> None:
        """Wait for the end, or for the first of the tasks that fails or ends; its exception is raised."""
        over = asyncio.create_task(self._over.wait())
        done, _ = await asyncio.wait([over, *tasks], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()
        for task in done:
            task.result()

    async def _end_with(self, parent: Parent) -> None:
        async for event in parent.events():
            if event == "alone":
                self.alone.set()
        log.warning("the supervisor is gone")
        self.end(False)


Body = Callable[[Parent, Launch, Life], Awaitable[None]]


def run_process(body: Body, log_setting: str) -> None:
    """Take up the launch, set up logs and run the body of a process."""
    uvloop.run(_run(body, log_setting), loop_factory=ResolvingLoop)


async def _run(body: Body, log_setting: str) -> None:
    parent, launch = await Parent.connect()
    life = Life(parent)
    try:
        logs.configure(launch.settings, launch.settings.get(log_setting), launch.foreground)
        await body(parent, launch, life)
    except Exception as error:
        log.exception("the process failed")
        parent.report("failed", message=f"{type(error).__name__}: {error}")
        raise SystemExit(1) from None
