"""Connections of plugins to Redis (or Valkey): one pool for each server, user and database."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gopura.plugin.trust import trusting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redis.asyncio import Redis

    from gopura.plugin.redis_fields import RedisFields


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


class RedisPools:
    """Clients by server, made when they are first asked for; `trusted` as in `trusting`."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = tuple(trusted)
        self._clients: dict[Server, Redis] = {}

    def client(self, server: Server) -> Redis:
        """Return the client of a server; calls raise `redis.RedisError` or OSError when it does not answer in time."""
        if server not in self._clients:
            self._clients[server] = self._connected(server)
        return self._clients[server]

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

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
