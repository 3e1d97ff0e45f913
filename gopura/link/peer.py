"""One connected data plane, as the control plane sees it."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed

from gopura.link import messages
from gopura.link.calls import Answer, Calls
from gopura.link.messages import EntityFault, Message

log = logging.getLogger(__name__)

Entities = frozenset[tuple[str, str]]
"""Kinds and ids."""


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

    @property
    def followed(self) -> int:
        """The last change that the newest version takes into account."""
        ...

    def renumbered(self, start: int) -> bytes:
        """What tells a data plane that its content, of an older version, is that of the newest."""
        ...

    def message(self, start: int) -> bytes:
        """What brings a data plane from a version to the newest."""
        ...

    def without(self, left_out: Entities) -> bytes:
        """The whole newest snapshot but for some entities."""
        ...


class Peer:
    """A data plane: the `version` it serves, the one `attempted` last, and the `faults` found in that.

    `refusing` are plugins of what it serves that it cannot run; it refuses their requests.
    """

    def __init__(self, connection: Connection, snapshots: Snapshots, node: str, answer: Answer) -> None:
        self.node = node
        self.version = 0
        self.attempted = -1
        self.faults: list[EntityFault] = []
        self.refusing: list[EntityFault] = []
        self.report: Message = {}
        self._connection = connection
        self._snapshots = snapshots
        self._wake = asyncio.Event()
        self._waiting: list[tuple[int, asyncio.Future[bool]]] = []
        self._left_out: Entities = frozenset()
        self._calls = Calls(self._send, answer)

    async def run(self, version: int, content_hash: str) -> None:
        """Serve the connection until it closes, beginning with what the data plane said it has."""
        if version == self._snapshots.version and content_hash == self._snapshots.hash:
            await self._send(messages.current(version, content_hash))
            self.attempted = version
            self._serves(version)
        elif content_hash == self._snapshots.hash and 0 < version < self._snapshots.version:
            self.version, self.attempted = version, self._snapshots.version
            await self._send(self._snapshots.renumbered(version))
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
        """There may be something newer to send, or nothing more to wait for."""
        self._settle()
        self._wake.set()

    def serves(self, version: int) -> asyncio.Future[bool]:
        """Becomes True when the data plane serves a version, False when it refused it or went away."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((version, future))
        self._settle()
        return future

    def has(self, version: int) -> bool:
        """Whether the data plane serves a version."""
        return self._verdict(version) is True

    async def call(self, name: str, params: Message) -> Any:
        """Ask the data plane; RuntimeError when it cannot, ConnectionError or TimeoutError when it is away."""
        return await self._calls.ask(name, params)

    async def _send(self, message: bytes) -> None:
        await self._connection.send(message, text=False)

    async def _push(self) -> None:
        with suppress(ConnectionClosed):
            while True:
                self._wake.clear()
                if self._outdated():
                    self.attempted = self._snapshots.version
                    await self._send(self._next())
                await self._wake.wait()

    def _outdated(self) -> bool:
        answered = self.faults or self.attempted in (-1, self.version)
        return bool(answered) and self._snapshots.version != self.attempted

    def _received(self, message: Message) -> None:
        match message:
            case {"type": "ack", "version": int(version)}:
                self.faults, self._left_out = [], frozenset()
                self.refusing = message.get("refusing", [])
                self._serves(version)
            case {"type": "nack", "version": int(version), "errors": list(faults)}:
                self._refuses(version, faults)
            case {"type": "resync"}:
                self.version, self.attempted, self.faults = 0, -1, []
            case {"type": "report"}:
                self.report = message
            case {"type": "call" | "result"}:
                self._calls.received(message)
            case _:
                log.warning("data plane %s sent a message of unknown type %r", self.node, message["type"])
        self._wake.set()

    def _next(self) -> bytes:
        """What to send: one that serves nothing gets at least what it can serve."""
        if self.version or not self._left_out:
            return self._snapshots.message(self.version)
        log.error("data plane %s gets version %d without what it cannot serve", self.node, self.attempted)
        return self._snapshots.without(self._left_out)

    def _serves(self, version: int) -> None:
        self.version = version
        self._settle()

    def _refuses(self, version: int, faults: list[EntityFault]) -> None:
        self.faults = faults
        for fault in faults:
            log.error(
                "data plane %s cannot serve version %d, and keeps %d: %s %s: %s",
                self.node, version, self.version, fault["entity"], fault["id"], fault["message"],
            )  # fmt: skip
        self._settle()
        bad = self._left_out | {(fault["entity"], fault["id"]) for fault in faults}
        if self.version == 0 and bad != self._left_out:
            self._left_out, self.attempted, self.faults = bad, -1, []

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for wanted, future in waiting:
            verdict = self._verdict(wanted)
            if verdict is None:
                self._waiting.append((wanted, future))
            elif not future.done():
                future.set_result(verdict)

    def _verdict(self, wanted: int) -> bool | None:
        """Whether the data plane serves a version; None when that is still open."""
        if self._up_to(self.version) >= wanted:
            return True
        return False if self.faults and self._up_to(self.attempted) >= wanted else None

    def _up_to(self, version: int) -> int:
        """The last change that a version of the snapshot takes into account."""
        return self._snapshots.followed if version == self._snapshots.version else version

    def _closed(self) -> None:
        for _, future in self._waiting:
            if not future.done():
                future.set_result(False)
        self._calls.lost()
