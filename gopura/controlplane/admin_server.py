"""Serves the Admin API on the sockets that the supervisor opened."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import uvicorn

from gopura.controlplane.admin_protocol import AdminProtocol
from gopura.supervisor.launch import Bound, Launch

_KEEP_ALIVE_SECONDS = 75
_LARGEST_HEAD = 64 * 1024


class AdminServer(uvicorn.Server):
    """uvicorn, but signals are the process's business, and `up` tells when it accepts."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept."""
        await super().startup(sockets)
        self.up.set()


class AdminServers:
    """One server without TLS and one with it, as the addresses ask."""

    def __init__(self, app: Any, launch: Launch) -> None:
        bound = launch.listeners["admin_listen"]
        plain = [item for item in bound if not item.listener.has("ssl")]
        secure = [item for item in bound if item.listener.has("ssl")]
        seconds = launch.settings.drain_timeout
        self._servers = [(AdminServer(_config(app, seconds)), plain)] if plain else []
        if secure:
            config = _config(app, seconds, launch.certificates["admin_listen"])
            self._servers.append((AdminServer(config), secure))
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> asyncio.Task[Any]:
        """Begin to accept; the task ends when a server does."""
        self._tasks = [asyncio.create_task(server.serve(_sockets(bound))) for server, bound in self._servers]
        await asyncio.gather(*(server.up.wait() for server, _ in self._servers))
        return asyncio.create_task(self._all())

    async def stop(self, graceful: bool) -> None:
        """Stop accepting; gracefully, answer what was accepted first."""
        for server, _ in self._servers:
            server.should_exit = True
            server.force_exit = not graceful
        await asyncio.gather(*self._tasks)

    async def _all(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.Event().wait()


def _sockets(bound: list[Bound]) -> list[socket.socket]:
    return [socket.socket(fileno=fd) for item in bound for fd in item.fds]


def _config(app: Any, seconds: float, certificates: Sequence[tuple[str, str]] = ()) -> uvicorn.Config:
    certificate, key = certificates[0] if certificates else (None, None)
    config = uvicorn.Config(
        app,
        http=AdminProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=int(seconds),
        h11_max_incomplete_event_size=_LARGEST_HEAD,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    config.load()
    if config.ssl is not None:
        for other in certificates[1:]:
            config.ssl.load_cert_chain(*other)
    return config
