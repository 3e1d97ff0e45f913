"""Questions that either side of the link asks the other, and their answers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed

from gopura.link import messages
from gopura.link.messages import Message

Answer = Callable[[str, Message], Awaitable[Any]]
"""Answers the other side's question, by name and parameters; any exception becomes its error.

ConnectionError and TimeoutError say that something is out of reach for now, others that the question is refused.
"""

Send = Callable[[bytes], Awaitable[None]]
"""Sends a message; ConnectionError or ConnectionClosed when it cannot."""

_SECONDS = 10.0


async def no_answer(name: str, params: Message) -> Any:
    """Refuse every question."""
    raise LookupError(f"there is no call {name}")


class Calls:
    """The questions that are open on one connection."""

    def __init__(self, send: Send, answer: Answer) -> None:
        self._send = send
        self._answer = answer
        self._open: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._answering: set[asyncio.Task[None]] = set()

    async def ask(self, name: str, params: Message) -> Any:
        """Ask; RuntimeError when the other side refuses, ConnectionError or TimeoutError when it is away."""
        number = next(self._numbers)
        future = self._open[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(_SECONDS):
                await self._send(messages.call(number, name, params))
                return await future
        except ConnectionClosed as error:
            raise ConnectionError("the other side went away") from error
        finally:
            del self._open[number]

    def received(self, message: Message) -> None:
        """Take up a `call` or a `result`."""
        if message["type"] == "result":
            self._settle(message)
            return
        task = asyncio.create_task(self._reply(message["id"], message["name"], message["params"]))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def lost(self) -> None:
        """The connection is gone, and with it what was asked."""
        for future in self._open.values():
            if not future.done():
                future.set_exception(ConnectionError("the other side went away"))

    def _settle(self, message: Message) -> None:
        future = self._open.get(message["id"])
        if future is None or future.done():
            return
        if "error" in message:
            kind = ConnectionError if message.get("away") else RuntimeError
            future.set_exception(kind(message["error"]))
        else:
            future.set_result(message.get("value"))

    async def _reply(self, number: int, name: str, params: Message) -> None:
        try:
            answer = messages.result(number, await self._answer(name, params))
        except Exception as error:  # who asked gets the reason
            away = isinstance(error, ConnectionError | TimeoutError)
            answer = messages.error(number, str(error) or type(error).__name__, away)
        with suppress(ConnectionClosed, ConnectionError):
            await self._send(answer)
