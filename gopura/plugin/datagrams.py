"""Sending datagrams from any thread, without waiting."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger("gopura.plugins")

Target = tuple[str, int]

_LONGEST_WAIT = 1000
"""Datagrams that wait while a name is looked up; further ones are lost."""


class Datagrams:
    """UDP sockets by their target. Names are looked up once a socket is made; errors are logged and forgotten."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transports: dict[Target, asyncio.DatagramTransport] = {}
        self._waiting: dict[Target, list[bytes]] = {}
        self._opening: set[asyncio.Task[None]] = set()

    def send(self, host: str, port: int, content: bytes) -> None:
        """Send a datagram soon."""
        self._loop.call_soon_threadsafe(self._send, (host, port), content)

    def close(self) -> None:
        """Close all sockets; on the loop."""
        for task in self._opening:
            task.cancel()
        for transport in self._transports.values():
            transport.close()
        self._transports.clear()

    def _send(self, target: Target, content: bytes) -> None:
        transport = self._transports.get(target)
        if transport is not None and not transport.is_closing():
            transport.sendto(content)
        elif (waiting := self._waiting.get(target)) is not None:
            if len(waiting) < _LONGEST_WAIT:
                waiting.append(content)
        else:
            self._waiting[target] = [content]
            opening = self._loop.create_task(self._open(target))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    async def _open(self, target: Target) -> None:
        try:
            transport, _ = await self._loop.create_datagram_endpoint(_Quiet, remote_addr=target)
        except OSError as error:
            log.error("cannot send to %s:%d: %s", *target, error)  # noqa: TRY400 - the user's to mend
            return
        finally:
            waiting = self._waiting.pop(target)
        self._transports[target] = transport
        for content in waiting:
            transport.sendto(content)


class _Quiet(asyncio.DatagramProtocol):
    def error_received(self, exc: Exception) -> None:
        log.warning("a datagram was not delivered: %s", exc)
