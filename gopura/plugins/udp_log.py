"""UDP log: an entry per request, sent over UDP."""

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.record import encoded


class UdpLog(Plugin, name="udp-log", priority=8, protocols=ALL_PROTOCOLS):
    """Sends JSON after each request."""

    example = {"host": "127.0.0.1", "port": 9999}

    class Config(config.Record):
        """Where to."""

        host: config.Host
        """The server's host."""
        port: config.Port
        """The server's port."""
        timeout: float | None = 10000
        """How many milliseconds sending may take."""
        custom_fields_by_lua: config.LuaFields | None = None

    def log(self, exchange: Exchange, config: Config) -> None:
        """Send the record."""
        set_fields(exchange, config.custom_fields_by_lua, self)
        self.node.datagrams.send(config.host, config.port, encoded(exchange))
