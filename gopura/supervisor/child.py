"""One process under the supervisor."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from signal import SIGKILL, Signals
from typing import Any

from gopura.supervisor.launch import VARIABLE, Launch

log = logging.getLogger(__name__)


class ChildError(Exception):
    """A process did not become ready; the text says why."""


class Child:
    """A running process. `is_ready` is True while it serves; `exited` is done when it has ended."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self.process = process
        self.is_ready = self.was_ready = False
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        self._patience: asyncio.Timeout | None = None
        self._seconds = 0.0
        self.exited = asyncio.create_task(process.wait())
        self.exited.add_done_callback(self._ended)
        self._listening: asyncio.Task[None]
        self._writer: asyncio.StreamWriter

    @classmethod
    async def start(cls, name: str, module: str, launch: Launch) -> Child:
        """Start a module of gopura as a process; it inherits the listening sockets."""
        ours, theirs = socket.socketpair()
        fds = [fd for bound in launch.listeners.values() for item in bound for fd in item.fds]
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module,
                pass_fds=[*fds, theirs.fileno()], stdin=asyncio.subprocess.DEVNULL, start_new_session=True,
                env=os.environ | {VARIABLE: str(theirs.fileno())},
                **(launch.user.of_process() if launch.user else {}),
            )  # fmt: skip
        child = cls(name, process)
        reader, child._writer = await asyncio.open_unix_connection(sock=ours)
        child._writer.write(launch.encode())
        child._listening = asyncio.create_task(child._listen(reader))
        return child

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    async def until_ready(self, seconds: float) -> None:
        """Wait until it serves; ChildError when it fails, ends, or gets on with nothing for so many seconds."""
        try:
            self._seconds = seconds
            async with asyncio.timeout(seconds) as self._patience:
                await asyncio.shield(self._ready)
        except TimeoutError:
            raise ChildError(
                f"the {self.name} process was not ready within {seconds:g} seconds, nor did it get on with its start "
                "(start_timeout)"
            ) from None
        finally:
            self._patience = None

    def _got_on(self) -> None:
        if self._patience is not None and not self._patience.expired():
            loop = asyncio.get_running_loop()
            self._patience.reschedule(loop.time() + self._seconds)

    def tell(self, event: str) -> None:
        """Send an event to the process."""
        self._writer.write(json.dumps({"event": event}).encode() + b"\n")

    def send_signal(self, number: Signals) -> None:
        """Send a signal, unless it has ended."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def stop(self, number: Signals, seconds: float) -> None:
        """Ask it to end by a signal; kill it when it has not within some seconds."""
        self.send_signal(number)
        await self.until_end(seconds)

    async def until_end(self, seconds: float) -> None:
        """Wait for its end; kill it when that takes longer than some seconds."""
        done, _ = await asyncio.wait([self.exited], timeout=seconds)
        if not done:
            log.warning(
                "the %s process %d has not ended within %g seconds: killed", self.name, self.pid, seconds
            )
            self.send_signal(SIGKILL)
            await self.exited
        await asyncio.wait([self._listening])

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionResetError):  # killed before it read everything
            while line := await reader.readline():
                self._event(json.loads(line))
        self._writer.close()

    def _event(self, event: dict[str, Any]) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "ready": self._became_ready,
            "progress": lambda _event: self._got_on(),
            "failed": lambda event: self._fail(event["message"]),
        }
        handlers[event["event"]](event)

    def _became_ready(self, _event: dict[str, Any]) -> None:
        self.is_ready = self.was_ready = True
        if not self._ready.done():
            self._ready.set_result(None)

    def _fail(self, message: str) -> None:
        if not self._ready.done():
            self._ready.set_exception(ChildError(message))
            self._ready.exception()  # who waits gets it; nobody has to

    def _ended(self, task: asyncio.Task[int]) -> None:
        self.is_ready = False
        if not task.cancelled():
            self._fail(f"the {self.name} process ended ({ending(task.result())}) before it was ready")


def ending(code: int) -> str:
    """How a process ended, in words."""
    return f"exit code {code}" if code >= 0 else f"signal {Signals(-code).name}"
