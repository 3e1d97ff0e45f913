"""Connections of plugins to Redis (or Valkey): one pool for each server, user and database."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gopura.plugin.trust import trusting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from redis.asyncio import Redis

    from gopura.plugin.redis_fields import RedisFields

PASSING = 64
"""Servers, users and databases named by code of which clients are kept."""


@dataclass(frozen=True)
class Server:
    """Where a Redis server is and how to log in; `timeout` in seconds, `name` that of its certificate."""

    host: str
    port: int = 6379
    database: int = 0
    username: str | None = None
    password: str | None = None
    ssl: bool = False
    verify: bool = False
    name: str | None = None
    timeout: float = 2.0

    @classmethod
    def of(cls, settings: RedisFields) -> Server:
        """Read the fields of a configuration."""
        return cls(
            host=str(settings.redis_host),
            port=int(settings.redis_port or 6379),
            database=int(settings.redis_database or 0),
            username=settings.redis_username or None,
            password=settings.redis_password or None,
            ssl=settings.redis_ssl,
            verify=settings.redis_ssl_verify,
            name=settings.redis_server_name or None,
            timeout=float(settings.redis_timeout or 2000) / 1000,
        )


@dataclass
class Passing:
    """A client that is let go when others have been asked for, and how many commands use it now."""

    client: Redis
    users: int = 0


class RedisPools:
    """Clients by server, made when they are first asked for; `trusted` as in `trusting`."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = tuple(trusted)
        self._clients: dict[Server, Redis] = {}
        self._passing: dict[Server, Passing] = {}
        """Those asked for last come last."""

    def client(self, server: Server) -> Redis:
        """Return the client of a server; calls raise `redis.RedisError` or OSError when it does not answer in time."""
        if server not in self._clients:
            self._clients[server] = self._connected(server)
        return self._clients[server]

    @asynccontextmanager
    async def passing(self, server: Server) -> AsyncIterator[Redis]:
        """Lend the client of a server that is named by code, maybe by each request another one: few are kept."""
        found = self._passing.pop(server, None) or Passing(self._connected(server))
        self._passing[server] = found
        found.users += 1
        try:
            yield found.client
        finally:
            found.users -= 1
            await self._let_go()

    async def close(self) -> None:
        """Close all connections."""
        clients = [*self._clients.values(), *(each.client for each in self._passing.values())]
        self._clients.clear()
        self._passing.clear()
        for client in clients:
            await client.aclose()

    async def _let_go(self) -> None:
        """Close those that were not asked for the longest; not while a command uses them."""
        surplus = len(self._passing) - PASSING
        if surplus > 0:
            idle = [server for server, each in self._passing.items() if not each.users][:surplus]
            for found in [self._passing.pop(server) for server in idle]:
                await found.client.aclose()

    def _connected(self, server: Server) -> Redis:
        from redis.asyncio import ConnectionPool, Redis  # only nodes whose plugins use it need it
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError as ConnectionLost

        pool = ConnectionPool(
            **self._secured(server),
            host=server.host,
            port=server.port,
            db=server.database,
            username=server.username,
            password=server.password,
            socket_timeout=server.timeout,
            socket_connect_timeout=server.timeout,
            # A pooled connection may be dead without a sign until it is used: the command is sent once more, on a new
            # one. What counts may so be counted twice, when only the answer was lost: a limit is then reached one
            # request early, and never late. After a time-out nothing is repeated: that would be a second wait.
            retry=Retry(NoBackoff(), 1, (ConnectionLost,)),
        )
        return Redis.from_pool(pool)

    def _secured(self, server: Server) -> dict[str, Any]:
        """The arguments of a pool that talks TLS; none for a server that does not."""
        if not server.ssl:
            return {}
        from gopura.plugin.redis_tls import NamedConnection

        context = trusting(self._trusted)
        if not server.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return {"connection_class": NamedConnection, "context": context, "name": server.name or server.host}
