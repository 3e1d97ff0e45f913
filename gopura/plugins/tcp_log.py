"""TCP log: an entry per request, sent over TCP."""

import asyncio
import ssl

from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, Use, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.queue import Bounds, Queue, Queues
from gopura.plugin.record import encoded


class TcpLog(Plugin, name="tcp-log", priority=7, protocols=ALL_PROTOCOLS):
    """Sends a line of JSON after each request."""

    example = {"host": "127.0.0.1", "port": 9999}

    class Config(config.Record):
        """Where to, and how."""

        host: config.Host
        """The server's host."""
        port: config.Port
        """The server's port."""
        timeout: float | None = 10000
        """How many milliseconds sending may take."""
        keepalive: float | None = 60000
        """How many milliseconds an idle connection is kept."""
        tls: bool = False
        """Whether to use TLS."""
        tls_sni: str | None = None
        """The server name of the TLS hello."""
        custom_fields_by_lua: config.LuaFields | None = None

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._queues = Queues(self.name, node.loop, node.spawn)

    def prepare(self, config: Config, use: Use) -> "Target":
        """Know the target, and the queue that leads there."""
        return Target(config, self._queues)

    def log(self, exchange: Exchange, config: "Target") -> None:
        """Put the record into the queue."""
        set_fields(exchange, config.settings.custom_fields_by_lua, self)
        config.queue.put(encoded(exchange) + b"\n")


class Target:
    """A server that records are written to, over a connection that is kept."""

    queue: Queue

    def __init__(self, settings: TcpLog.Config, queues: Queues) -> None:
        self.settings = settings
        self._writer: asyncio.StreamWriter | None = None
        key = f"{settings.host}:{settings.port}:{settings.tls}:{settings.tls_sni}"
        self.queue = queues.get(key, Bounds(max_batch_size=100, max_coalescing_delay=0), self.send)

    async def send(self, batch: list[bytes]) -> None:
        """Write a batch; raises when there is no connection."""
        async with asyncio.timeout((self.settings.timeout or 10_000) / 1000):
            writer = await self._connection()
            try:
                writer.write(b"".join(batch))
                await writer.drain()
            except OSError:
                self._writer = None
                raise

    async def _connection(self) -> asyncio.StreamWriter:
        if self._writer is None or self._writer.is_closing():
            settings = self.settings
            tls = _unverified() if settings.tls else None
            name = (settings.tls_sni or settings.host) if tls else None
            _, self._writer = await asyncio.open_connection(
                settings.host, settings.port, ssl=tls, server_hostname=name
            )
        return self._writer


def _unverified() -> ssl.SSLContext:
    """Kong does not verify the server of this plugin either."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
