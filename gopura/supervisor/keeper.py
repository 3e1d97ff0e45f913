"""Keeps one process running: starts it again when it died, and replaces it on a reload."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from gopura.logs import NOTICE
from gopura.supervisor.child import Child, ChildError, ending
from gopura.supervisor.launch import Launch

log = logging.getLogger(__name__)
_FIRST_DELAY = 0.1
# A process that was ready for this long died of something new: its next start is not delayed.
_STEADY_SECONDS = 10.0


class Keeper:
    """One kind of process. `launch` is what the next one starts with.

    `on_spawn` is called with each new process, `on_ready` when it serves, `on_down` when there is none and the next may
    take a while, `on_failed` with the reason when the next could not be started either.
    """

    def __init__(self, name: str, module: str, launch: Launch) -> None:
        self.name = name
        self.launch = launch
        self.child: Child | None = None
        self.on_spawn: Callable[[Child], None] = lambda _child: None
        self.on_ready: Callable[[], None] = lambda: None
        self.on_down: Callable[[], None] = lambda: None
        self.on_failed: Callable[[str], None] = lambda _reason: None
        self._starting = False
        self._module = module
        self._failures = 0
        self._stopping = False
        self._reviving: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    @property
    def is_ready(self) -> bool:
        """Whether the process serves."""
        return self.child is not None and self.child.is_ready

    @property
    def is_alive(self) -> bool:
        """Whether the process runs or is being started."""
        return self._starting or (self.child is not None and not self.child.exited.done())

    async def start(self) -> None:
        """Start the process and wait until it is ready; ChildError, and no process, when it fails."""
        self._starting = True
        try:
            self.child = await self._spawn()
            await self._until_ready(self.child)
        finally:
            self._starting = False
        self.on_ready()

    async def replace_overlapping(self, launch: Launch) -> None:
        """Start a new process, then let the old one finish; ChildError keeps the old one."""
        self._cancel_revival()
        previous, self.launch = self.launch, launch
        try:
            fresh = await self._spawn()
            await self._until_ready(fresh)
        except ChildError:
            self.launch = previous
            self.revive()
            raise
        old, self.child = self.child, fresh
        if old is not None:
            self._leave(old)

    async def replace_in_turn(self, launch: Launch) -> None:
        """Stop the old process, then start a new one; ChildError returns to the old launch."""
        self._cancel_revival()
        previous, self.launch = self.launch, launch
        old, self.child = self.child, None
        if old is not None:
            await old.stop(signal.SIGQUIT, self.launch.settings.drain_timeout)
        try:
            await self.start()
        except ChildError:
            self.launch = previous
            self.revive()
            raise

    def revive(self) -> None:
        """Start the process again, as often as it takes, unless it runs."""
        if not (self.is_alive or self._stopping or self._reviving):
            self._reviving = asyncio.create_task(self._revive())

    async def stop(self, number: signal.Signals, seconds: float) -> None:
        """End the process for good: by a signal, and after some seconds by force."""
        self._stopping = True
        self._cancel_revival()
        if self.child is not None:
            await self.child.stop(number, seconds)
        for task in list(self._leaving):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def signal(self, number: signal.Signals) -> None:
        """Pass a signal on."""
        if self.child is not None:
            self.child.send_signal(number)

    async def _spawn(self) -> Child:
        child = await Child.start(self.name, self._module, self.launch)
        started = time.monotonic()
        child.exited.add_done_callback(lambda _: self._ended(child, started))
        self.on_spawn(child)
        return child

    async def _until_ready(self, child: Child) -> None:
        try:
            await child.until_ready(self.launch.settings.start_timeout)
        except (ChildError, asyncio.CancelledError):
            await child.stop(signal.SIGKILL, 1)
            raise

    def _ended(self, child: Child, started: float) -> None:
        if child is not self.child or self._stopping or not child.was_ready:
            return
        log.error(
            "the %s process %d ended unexpectedly (%s)", self.name, child.pid, ending(child.exited.result())
        )
        self.on_down()
        if time.monotonic() - started > _STEADY_SECONDS:
            self._failures = 0
        self.revive()

    async def _revive(self) -> None:
        while True:
            await asyncio.sleep(self._delay())
            self._failures += 1
            try:
                await self.start()
            except ChildError as error:
                log.error("the %s process cannot be started again: %s", self.name, error)  # noqa: TRY400
                self.on_down()
                self.on_failed(str(error))
                continue
            log.log(
                NOTICE,
                "the %s process was started again as %d",
                self.name,
                self.child.pid if self.child else 0,
            )
            self._reviving = None
            return

    def _delay(self) -> float:
        longest = float(self.launch.settings.restart_delay_max)
        return 0.0 if self._failures == 0 else min(_FIRST_DELAY * 2.0 ** min(self._failures, 30), longest)

    def _cancel_revival(self) -> None:
        if self._reviving is not None:
            self._reviving.cancel()
            self._reviving = None

    def _leave(self, old: Child) -> None:
        old.send_signal(signal.SIGQUIT)
        task = asyncio.create_task(self._drain(old))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _drain(self, old: Child) -> None:
        try:
            # The process itself keeps to `drain_timeout`; the margin is for its end.
            await old.until_end(self.launch.settings.drain_timeout + 5)
        except asyncio.CancelledError:
            await old.stop(signal.SIGKILL, 1)
            raise
