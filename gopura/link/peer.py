"""One connected data plane, as the control plane sees it."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from gopura.link import messages
from gopura.link.messages import EntityFault, Message

log = logging.getLogger(__name__)

Answer = Callable[[str, Message], Awaitable[Any]]
"""Answers a data plane's call, by name and parameters; any exception becomes its error."""


async def no_answer(name: str, params: Message) -> Any:
    """Refuse every call."""
    raise LookupError(f"there is no call {name}")


class Connection(Protocol):
    """What is used of a WebSocket connection."""

    async def send(self, message: bytes, text: bool) -> None:
        """Send one message."""

    async def recv(self, decode: bool) -> bytes:
        """Wait for one message."""


class Snapshots(Protocol):
    """What is used of the snapshot builder."""

    @property
    def version(self) -> int:
        """The newest version."""
        ...

    @property
    def hash(self) -> str:
        """Its hash."""
        ...

    def message(self, start: int) -> bytes:
        """What brings a data plane from a version to the newest."""
        ...


class Peer:
    """A data plane: the `version` it serves, the one `attempted` last, and the `faults` found in that."""

    def __init__(
        self, connection: Connection, snapshots: Snapshots, node: str, answer: Answer = no_answer
    ) -> None:
        self.node = node
        self.version = 0
        self.attempted = -1
        self.faults: list[EntityFault] = []
        self.report: Message = {}
        self._connection = connection
        self._snapshots = snapshots
        self._wake = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []
        self._calls: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._answer = answer
        self._answering: set[asyncio.Task[None]] = set()

    async def run(self, version: int, content_hash: str) -> None:
        """Serve the connection until it closes, beginning with what the data plane said it has."""
        if version == self._snapshots.version and content_hash == self._snapshots.hash:
            await self._connection.send(messages.current(version, content_hash), text=False)
            self.attempted = version
            self._serves(version)
        else:
            self.version = version
        pushing = asyncio.create_task(self._push())
        try:
            while True:
                self._received(messages.decode(await self._connection.recv(decode=False)))
        finally:
            pushing.cancel()
            self._closed()

    def wake(self) -> None:
        """There may be something newer to send."""
        self._wake.set()

    def serves(self, version: int) -> asyncio.Future[bool]:
        """Becomes True when the data plane serves a version, False when it refused it or went away."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        if self.version >= version:
            future.set_result(True)
        elif self.faults and self.attempted >= version:
            future.set_result(False)
        else:
            self._waiting.append((version, future))
        return future

    async def call(self, name: str, params: Message) -> Any:
        """Ask the data plane for something; RuntimeError when it cannot, ConnectionError when it is gone."""
        number = next(self._numbers)
        future = self._calls[number] = asyncio.get_running_loop().create_future()
        try:
            await self._connection.send(messages.call(number, name, params), text=False)
            return await future
        finally:
            self._calls.pop(number, None)

    async def _push(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                self._wake.clear()
                if self._outdated():
                    self.attempted = self._snapshots.version
                    await self._connection.send(self._snapshots.message(self.version), text=False)
                await self._wake.wait()

    def _outdated(self) -> bool:
        answered = self.faults or self.attempted in (-1, self.version)
        return bool(answered) and self._snapshots.version != self.attempted

    def _received(self, message: Message) -> None:
        match message:
            case {"type": "ack", "version": int(version)}:
                self.faults = []
                self._serves(version)
            case {"type": "nack", "version": int(version), "errors": list(faults)}:
                self._refuses(version, faults)
            case {"type": "resync"}:
                self.version, self.attempted, self.faults = 0, -1, []
            case {"type": "report"}:
                self.report = message
            case {"type": "result", "id": int(number)}:
                self._answered(number, message)
            case {"type": "call", "id": int(number), "name": str(name), "params": dict(params)}:
                task = asyncio.create_task(self._reply(number, name, params))
                self._answering.add(task)
                task.add_done_callback(self._answering.discard)
            case _:
                log.warning("data plane %s sent a message of unknown type %r", self.node, message["type"])
        self._wake.set()

    def _serves(self, version: int) -> None:
        self.version = version
        self._settle(lambda wanted: True if version >= wanted else None)

    def _refuses(self, version: int, faults: list[EntityFault]) -> None:
        self.faults = faults
        for fault in faults:
            log.error(
                "data plane %s cannot serve version %d, and keeps %d: %s %s: %s",
                self.node, version, self.version, fault["entity"], fault["id"], fault["message"],
            )  # fmt: skip
        self._settle(lambda wanted: False if version >= wanted else None)

    def _settle(self, verdict: Any) -> None:
        waiting, self._waiting = self._waiting, []
        for wanted, future in waiting:
            decided = verdict(wanted)
            if decided is None:
                self._waiting.append((wanted, future))
            elif not future.done():
                future.set_result(decided)

    def _answered(self, number: int, message: Message) -> None:
        future = self._calls.get(number)
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(RuntimeError(message["error"]))
        else:
            future.set_result(message.get("value"))

    async def _reply(self, number: int, name: str, params: Message) -> None:
        try:
            answer = messages.result(number, await self._answer(name, params))
        except Exception as error:  # the data plane asked; it gets the reason
            answer = messages.error(number, str(error) or type(error).__name__)
        with suppress(ConnectionClosed):
            await self._connection.send(answer, text=False)

    def _closed(self) -> None:
        self._settle(lambda _wanted: False)
        for future in self._calls.values():
            if not future.done():
                future.set_exception(ConnectionError("the data plane went away"))
