"""The data plane's side of the link."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from gopura.link import messages
from gopura.link.calls import Calls
from gopura.link.messages import Message

log = logging.getLogger(__name__)
_FIRST_PAUSE = 0.05


class Handler(Protocol):
    """The data plane behind the client."""

    def greeting(self) -> bytes:
        """The hello that says what is served."""
        ...

    async def apply(self, message: bytes) -> bytes:
        """Take up a snapshot or delta; return the answer: ack, nack or resync. Never raises."""
        ...

    async def call(self, name: str, params: Message) -> Any:
        """Answer a call; any exception becomes its error."""
        ...


class LinkClient:
    """Keeps a connection to the control plane, and takes up what arrives, one message after the other.

    `on_current` is called when the newest configuration is served, `on_refused` when it cannot be served. A control
    plane that is away is no news for `patience` seconds: it starts, or is being replaced.
    """

    def __init__(
        self, handler: Handler, path: Path, ping_interval: float, retry_max: float, patience: float
    ) -> None:
        self._handler = handler
        self._path = path
        self._ping = ping_interval
        self._retry_max = retry_max
        self._patience = patience
        self._connection: ClientConnection | None = None
        self._calls = Calls(self._send, handler.call)
        self.on_connected: Callable[[], None] = lambda: None
        self.on_current: Callable[[], None] = lambda: None
        self.on_refused: Callable[[], None] = lambda: None

    async def run(self) -> None:
        """Connect, and again after every failure with growing pauses, until cancelled."""
        failures, away = 1, _Absence(self._patience)
        while True:
            try:
                async with self._connect() as connection:
                    failures = 0
                    await self._converse(connection)
            except (OSError, TimeoutError, WebSocketException) as error:
                if failures == 0:
                    away = _Absence(self._patience)
                is_news = away.is_news() if failures else not _is_going_away(error)
                log.log(logging.WARNING if is_news else logging.DEBUG, "no control plane: %s", error)
            self._disconnected()
            await asyncio.sleep(self._pause(failures))
            failures += 1

    async def send(self, message: bytes) -> bool:
        """Send something that may be lost; False when there is no connection."""
        try:
            await self._send(message)
        except (ConnectionError, WebSocketException):
            return False
        return True

    async def call(self, name: str, params: Mapping[str, Any]) -> Any:
        """Ask the control plane; RuntimeError when it refuses, ConnectionError when it is away."""
        return await self._calls.ask(name, dict(params))

    async def _send(self, message: bytes) -> None:
        if self._connection is None:
            raise ConnectionError("the control plane is away")
        await self._connection.send(message, text=False)

    def _disconnected(self) -> None:
        self._connection = None
        self._calls.lost()

    def _connect(self) -> connect:
        return unix_connect(
            str(self._path),
            "ws://localhost/",
            compression=None,
            max_size=None,
            ping_interval=self._ping,
            ping_timeout=self._ping,
            close_timeout=1,
        )

    def _pause(self, failures: int) -> float:
        longest = min(_FIRST_PAUSE * 2.0 ** min(failures, 30), self._retry_max)
        return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads reconnects, keeps no secret

    async def _converse(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.on_connected()
        await connection.send(self._handler.greeting(), text=False)
        while True:
            data = await connection.recv(decode=False)
            if messages.kind(data) in ("call", "result"):
                self._calls.received(messages.decode(data))
            else:
                await self._take_up(connection, data)

    async def _take_up(self, connection: ClientConnection, data: bytes) -> None:
        if messages.kind(data) == "current":
            self.on_current()
            return
        answer = await self._handler.apply(data)
        await connection.send(answer, text=False)
        if messages.kind(answer) == "ack":
            self.on_current()
        elif messages.kind(answer) == "nack":
            self.on_refused()


class _Absence:
    """How long there is no connection."""

    def __init__(self, patience: float) -> None:
        self._due = time.monotonic() + patience

    def is_news(self) -> bool:
        """Whether it has become too long; once."""
        if time.monotonic() < self._due:
            return False
        self._due = float("inf")
        return True


def _is_going_away(error: Exception) -> bool:
    """Whether the control plane closed the connection on purpose, as it does when it is replaced."""
    return isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code == 1001
