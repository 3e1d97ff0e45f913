"""Answers in the place of the control process while that cannot be started: nobody waits for an answer in vain."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
from contextlib import suppress

from gopura.release import VERSION
from gopura.supervisor.launch import Bound, Launch

_HEAD_SECONDS = 10.0
_LINGER_SECONDS = 1.0


class StandIn:
    """Accepts on the sockets of the Admin API from `begin` to `end`, and says why nothing else can be said."""

    def __init__(self) -> None:
        self._reason = ""
        self._opening: asyncio.Task[None] | None = None
        self._servers: list[asyncio.Server] = []

    def begin(self, launch: Launch, reason: str) -> None:
        """Answer, or go on answering, with this reason."""
        self._reason = reason
        if self._opening is None:
            self._opening = asyncio.create_task(self._open(launch))

    def end(self) -> None:
        """Leave the sockets to the control process."""
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _open(self, launch: Launch) -> None:
        for bound in launch.listeners["admin_listen"]:
            context = _context(launch) if bound.listener.has("ssl") else None
            for listening in _copies(bound):
                backlog = bound.listener.backlog
                server = await asyncio.start_server(self._serve, sock=listening, ssl=context, backlog=backlog)
                self._servers.append(server)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            writer.write(self._answer(with_body=not head.startswith(b"HEAD ")))
            await writer.drain()
            await _linger(reader, writer)
        writer.close()

    def _answer(self, *, with_body: bool) -> bytes:
        message = f"the control process cannot be started: {self._reason}"
        body = json.dumps({"message": message}).encode()
        head = (
            "HTTP/1.1 503 Service Unavailable\r\n"
            f"Server: gopura/{VERSION}\r\n"
            "Content-Type: application/json; charset=utf-8\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + (body if with_body else b"")


def _copies(bound: Bound) -> list[socket.socket]:
    """Closing these leaves the sockets themselves open."""
    return [socket.socket(fileno=os.dup(fd)) for fd in bound.fds]


def _context(launch: Launch) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for certificate, key in launch.certificates["admin_listen"]:
        context.load_cert_chain(certificate, key)
    return context


async def _linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take what is still being sent: a client whose request is cut off may never read the answer."""
    if writer.can_write_eof():
        writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            while await reader.read(65536):
                pass
