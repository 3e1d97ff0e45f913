"""UDP log: an entry per request, sent over UDP."""

from gopura.plugin import ALL_PROTOCOLS, Exchange, Node, Plugin, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.datagrams import Datagrams
from gopura.plugin.record import encoded


class UdpLog(Plugin, name="udp-log", priority=8, protocols=ALL_PROTOCOLS):
    """Sends JSON after each request."""

    class Config(config.Record):
        """Where to."""

        host: config.Host
        """The server's host."""
        port: config.Port
        """The server's port."""
        timeout: float | None = 10000
        """How many milliseconds sending may take."""
        custom_fields_by_lua: config.LuaFields | None = None

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._datagrams = Datagrams(node.loop)

    def log(self, exchange: Exchange, config: Config) -> None:
        """Send the record."""
        set_fields(exchange, config.custom_fields_by_lua)
        self._datagrams.send(config.host, config.port, encoded(exchange))
