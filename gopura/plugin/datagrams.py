"""Sending datagrams from any thread, without waiting."""

from __future__ import annotations

import asyncio
import logging

log = logging.getLogger("gopura.plugins")


class Datagrams:
    """UDP sockets by their target. Names are looked up once a socket is made; errors are logged and forgotten."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transports: dict[tuple[str, int], asyncio.DatagramTransport] = {}
        self._opening: set[asyncio.Task[None]] = set()

    def send(self, host: str, port: int, content: bytes) -> None:
        """Send a datagram soon."""
        self._loop.call_soon_threadsafe(self._send, host, port, content)

    def _send(self, host: str, port: int, content: bytes) -> None:
        transport = self._transports.get((host, port))
        if transport is not None and not transport.is_closing():
            transport.sendto(content)
        else:
            opening = self._loop.create_task(self._first(host, port, content))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    async def _first(self, host: str, port: int, content: bytes) -> None:
        try:
            transport, _ = await self._loop.create_datagram_endpoint(_Quiet, remote_addr=(host, port))
        except OSError as error:
            log.error("cannot send to %s:%d: %s", host, port, error)  # noqa: TRY400 - the user's to mend
            return
        self._transports[host, port] = transport
        transport.sendto(content)


class _Quiet(asyncio.DatagramProtocol):
    def error_received(self, exc: Exception) -> None:
        log.warning("a datagram was not delivered: %s", exc)
