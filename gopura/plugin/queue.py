"""Queues between requests and what plugins send elsewhere: batches, retries, bounds."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from gopura.schema import Renamed
from gopura.schema.types.queue import Queue as Settings

log = logging.getLogger("gopura.plugins")

FORMER_NAMES = Renamed(
    retry_count=(10, "queue.max_retry_time"),
    queue_size=(1, "queue.max_batch_size"),
    flush_timeout=(2, "queue.max_coalescing_delay"),
)
"""Settings that plugins had before there were queues, and where they are now."""

_FORMER = {
    "queue_size": ("max_batch_size", 1),
    "batch_span_count": ("max_batch_size", 200),
    "flush_timeout": ("max_coalescing_delay", 2),
    "batch_flush_delay": ("max_coalescing_delay", 3),
}
"""Former names that still count, unless they have the value that they used to default to."""

Send = Callable[[list[bytes]], Awaitable[None]]
"""Sends a batch; raises when it could not."""


class Queued(Protocol):
    """A plugin's settings, with those of its queue."""

    @property
    def queue(self) -> Settings:
        """How entries are collected and sent."""


@dataclass(frozen=True)
class Bounds:
    """How entries are collected, sent, and sent again; times in seconds."""

    max_batch_size: int = 1
    max_coalescing_delay: float = 1
    max_entries: int = 10_000
    max_bytes: int | None = None
    max_retry_time: float = 60
    initial_retry_delay: float = 0.01
    max_retry_delay: float = 60

    @classmethod
    def of(cls, settings: Queued) -> Bounds:
        """Read a plugin's `queue` record; what is null keeps its default, and former names outrank it."""
        given = {name: value for name, value in settings.queue.model_dump().items() if value is not None}
        former = ((getattr(settings, name, None), *of) for name, of in _FORMER.items())
        return cls(**given | {new: value for value, new, default in former if value not in (None, default)})


class Queue:
    """Entries put in on any thread are sent, in order, by a task of the node's loop.

    `bounds` and `send` may be replaced at any time.
    """

    def __init__(self, name: str, bounds: Bounds, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self._name, self.bounds, self.send, self._loop = name, bounds, send, loop
        self._entries: deque[bytes] = deque()
        self._bytes = 0
        self._more = asyncio.Event()
        self._full = asyncio.Event()
        self._lost = 0

    def put(self, entry: bytes) -> None:
        """Add an entry; the oldest ones make room when there is none."""
        bounds = self.bounds
        if bounds.max_bytes is not None and len(entry) > bounds.max_bytes:
            log.error("[%s] an entry of %d bytes is larger than the queue", self._name, len(entry))
            return
        while self._overflows(entry):
            self._drop()
        self._entries.append(entry)
        self._bytes += len(entry)
        if not self._more.is_set() or len(self._entries) >= bounds.max_batch_size:
            self._loop.call_soon_threadsafe(self._wake)

    async def run(self) -> None:
        """Send for ever; when cancelled, try once more to send what waits."""
        try:
            while True:
                await self._collected()
                await self._deliver(self._batch())
        finally:
            while self._entries:
                await self.send(self._batch())

    def _overflows(self, entry: bytes) -> bool:
        bounds = self.bounds
        too_many = len(self._entries) >= bounds.max_entries
        return too_many or (bounds.max_bytes is not None and self._bytes + len(entry) > bounds.max_bytes)

    def _drop(self) -> None:
        if self._lost == 0:
            log.error("[%s] the queue is full: the oldest entries are dropped", self._name)
        self._lost += 1
        self._bytes -= len(self._entries.popleft())

    def _wake(self) -> None:
        if self._entries:
            self._more.set()
        if len(self._entries) >= self.bounds.max_batch_size:
            self._full.set()

    async def _collected(self) -> None:
        """Wait until a batch is full, or its first entry has waited long enough."""
        await self._more.wait()
        if self.bounds.max_batch_size > 1 and len(self._entries) < self.bounds.max_batch_size:
            try:
                async with asyncio.timeout(self.bounds.max_coalescing_delay):
                    await self._full.wait()
            except TimeoutError:
                pass

    def _batch(self) -> list[bytes]:
        size = min(len(self._entries), self.bounds.max_batch_size)
        batch = [self._entries.popleft() for _ in range(size)]
        self._bytes -= sum(map(len, batch))
        if not self._entries:
            self._more.clear()
        self._full.clear()
        self._wake()
        return batch

    async def _deliver(self, batch: list[bytes]) -> None:
        bounds, started, delay = self.bounds, time.monotonic(), self.bounds.initial_retry_delay
        while True:
            try:
                await self.send(batch)
            except Exception as error:
                if time.monotonic() - started > bounds.max_retry_time:
                    log.error("[%s] %d entries are lost: %s", self._name, len(batch), _reason(error))  # noqa: TRY400
                    return
                log.warning("[%s] cannot send %d entries: %s", self._name, len(batch), _reason(error))
            else:
                self._lost = 0
                return
            await asyncio.sleep(delay)
            delay = min(delay * 2, bounds.max_retry_delay)


def _reason(error: Exception) -> str:
    """One line of the log: what follows the first line of an HTTP client's error is advice."""
    return str(error).partition("\n")[0] or type(error).__name__


class Queues:
    """The queues of one plugin, by what they send to; uses with the same target share one."""

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, spawn: Callable[..., None]) -> None:
        self._name, self._loop, self._spawn = name, loop, spawn
        self._queues: dict[str, Queue] = {}

    def get(self, key: str, bounds: Bounds, send: Send) -> Queue:
        """Return the queue of a key, with the newest bounds; it is made, and its task started, when it is new."""
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = Queue(self._name, bounds, send, self._loop)
            self._spawn(queue.run())
        queue.bounds, queue.send = bounds, send
        return queue
