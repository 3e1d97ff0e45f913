"""Loggly: an entry per request, sent to Loggly."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config

_SEVERITIES = ("debug", "info", "notice", "warning", "err", "crit", "alert", "emerg")
_Severity = Annotated[str | None, config.OneOf(*_SEVERITIES)]


class Loggly(Plugin, name="loggly", priority=6, protocols=ALL_PROTOCOLS):
    """Sends an entry by syslog over UDP after each request."""

    class Config(config.Record):
        """Where to, and which entries."""

        host: config.Host | None = "logs-01.loggly.com"
        """The server's host."""
        port: config.Port | None = 514
        """The server's port."""
        key: Annotated[str, config.Encrypted(), config.Referenceable()]
        """The customer token."""
        tags: Annotated[list[str] | None, config.SetOf()] = ["kong"]
        """Tags of the entries."""
        log_level: _Severity = "info"
        """Entries of a lower severity are not sent."""
        successful_severity: _Severity = "info"
        """The severity of responses below 400."""
        client_errors_severity: _Severity = "info"
        """The severity of responses from 400 to 499."""
        server_errors_severity: _Severity = "info"
        """The severity of responses from 500."""
        timeout: float | None = 10000
        """How many milliseconds sending may take."""
        custom_fields_by_lua: config.LuaFields | None = None
