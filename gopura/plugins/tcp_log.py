"""TCP log: an entry per request, sent over TCP."""

from gopura.plugin import ALL_PROTOCOLS, Plugin, config


class TcpLog(Plugin, name="tcp-log", priority=7, protocols=ALL_PROTOCOLS):
    """Sends a line of JSON after each request."""

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
