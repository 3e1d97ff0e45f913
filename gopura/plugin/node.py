"""What a plugin has of the node that it runs on: look-ups, cache, background work."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from gopura.plugin.cache import Cache
from gopura.plugin.datagrams import Datagrams
from gopura.plugin.http import HttpClient
from gopura.plugin.lua import Lua, Policy
from gopura.plugin.records import Ask, Records, nobody
from gopura.plugin.redis import RedisPools

if TYPE_CHECKING:
    from gopura._engine import Entity

log = logging.getLogger("gopura.plugins")

Find = Callable[[str, str, str], "Entity | None"]


class Node:
    """One node; shared by all its plugins.

    `settings` are the node's settings by name. `find(kind, field, value)` looks an entity up in the
    configuration that is served now; within a request use `exchange.find`, which keeps to the request's own.
    `records` are rows that plugins write themselves; `ask` calls the control plane.
    """

    def __init__(
        self,
        node_id: str,
        find: Find,
        loop: asyncio.AbstractEventLoop,
        settings: Mapping[str, Any] | None = None,
        ask: Ask = nobody,
    ) -> None:
        self.id, self.find, self.loop = node_id, find, loop
        self.settings = settings or {}
        self.hostname = socket.gethostname()
        self.cache = Cache()
        self.http = HttpClient()
        self.datagrams = Datagrams(loop)
        self.redis = RedisPools(self.settings.get("lua_ssl_trusted_certificate") or ())
        self.lua = Lua(Policy.of(self.settings))
        self.ask = ask
        self.records = Records(ask)
        self._trusted = [
            ipaddress.ip_network(text, strict=False)
            for text in self.settings.get("trusted_ips") or ()
            if text != "unix:"
        ]
        self._closing: list[Callable[[], None]] = []
        self._tasks: set[asyncio.Task[Any]] = set()

    def trusts(self, ip: str) -> bool:
        """Whether `trusted_ips` has this address: its X-Forwarded-* headers are believed."""
        if not self._trusted:
            return False
        address = ipaddress.ip_address(ip)
        return any(address in network for network in self._trusted)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine in the background, from any thread, until it ends or the node does, which cancels it."""
        self.loop.call_soon_threadsafe(self._start, work)

    def every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` each time so many seconds have passed since it last ended, until the node ends; errors are logged.

        It cannot be called off: for work that ends of itself, `spawn` a coroutine with a loop.
        """
        self.spawn(self._repeat(seconds, work))

    def at_stop(self, close: Callable[[], None]) -> None:
        """Have something closed, on the loop, when the node ends."""
        self._closing.append(close)

    async def stop(self) -> None:
        """Cancel background work and wait for its end; runs on the loop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for close in self._closing:
            close()
        self.datagrams.close()
        await self.http.close()
        await self.redis.close()

    def _start(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background work of a plugin failed", exc_info=error)

    async def _repeat(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await work()
            except Exception:
                log.exception("background work of a plugin failed; it is tried again in %s s", seconds)
