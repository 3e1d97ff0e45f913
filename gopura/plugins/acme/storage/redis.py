"""The storage `redis`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from gopura.plugin.redis import RedisPools, Server
from gopura.plugins.acme.storage import StorageError

if TYPE_CHECKING:
    from redis.asyncio import Redis as Client

    from gopura.plugins.acme.configuration import Redis as Settings

_SCANNED = 10


class Redis:
    """Shared by all nodes that use the server with the same namespace."""

    def __init__(self, settings: Settings, pools: RedisPools) -> None:
        self._server = server(settings)
        self._pools = pools
        self._namespace = settings.namespace
        self._scanned = int(settings.scan_count or _SCANNED)

    async def get(self, name: str) -> str | None:
        """The text of a key."""
        async with self._asking() as client:
            text = await client.get(self._namespace + name)
        return text.decode() if isinstance(text, bytes) else text

    async def set(self, name: str, text: str, seconds: int | None = None) -> None:
        """Set a key."""
        async with self._asking() as client:
            await client.set(self._namespace + name, text, ex=seconds)

    async def add(self, name: str, text: str, seconds: int | None = None) -> bool:
        """Set a key unless it is there."""
        async with self._asking() as client:
            return bool(await client.set(self._namespace + name, text, ex=seconds, nx=True))

    async def delete(self, name: str) -> None:
        """Delete a key."""
        async with self._asking() as client:
            await client.delete(self._namespace + name)

    async def names(self, prefix: str) -> list[str]:
        """The keys that begin so, without the namespace."""
        pattern = f"{_literal(self._namespace + prefix)}*"
        async with self._asking() as client:
            found: set[bytes] = {key async for key in client.scan_iter(pattern, count=self._scanned)}
        return sorted(key.decode().removeprefix(self._namespace) for key in found)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Client]:
        from redis import RedisError

        try:
            yield self._pools.client(self._server)
        except (RedisError, OSError) as error:
            place = f"{self._server.host}:{self._server.port}"
            raise StorageError(f"Redis at {place}: {error or type(error).__name__}") from error


def server(settings: Settings) -> Server:
    """Where the server is, and how to log in."""
    return Server(
        host=str(settings.host or "127.0.0.1"),
        port=int(settings.port or 6379),
        database=int(settings.database or 0),
        password=settings.auth or None,
        ssl=settings.ssl,
        verify=settings.ssl_verify,
        name=settings.ssl_server_name or None,
    )


def _literal(text: str) -> str:
    """A pattern that only this text matches."""
    special: dict[str, Any] = {letter: f"\\{letter}" for letter in "\\*?[]^-"}
    return text.translate(str.maketrans(special))
