"""UDP log: an entry per request, sent over UDP."""

from gopura.plugin import ALL_PROTOCOLS, Plugin, config


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
