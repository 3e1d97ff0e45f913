"""Loggly: an entry per request, sent to Loggly."""

import os
from datetime import UTC, datetime
from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.record import encoded
from gopura.plugin.severity import LEVELS, severity, urgent

_USER_LEVEL = 1
"""The facility of messages from programs in general (RFC 5424, 6.2.1)."""

_SEVERITIES = ("debug", "info", "notice", "warning", "err", "crit", "alert", "emerg")
_Severity = Annotated[str | None, config.OneOf(*_SEVERITIES)]


class Loggly(Plugin, name="loggly", priority=6, protocols=ALL_PROTOCOLS):
    """Sends an entry by syslog over UDP after each request."""

    example = {"key": "{vault://env/loggly-key}", "tags": ["gateway"]}

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

    def log(self, exchange: Exchange, config: Config) -> None:
        """Send the record if it is urgent enough."""
        set_fields(exchange, config.custom_fields_by_lua, self)
        level = severity(exchange.response.status, config)
        if urgent(level, config.log_level or "info"):
            line = self._head(level, config).encode() + encoded(exchange)
            self.node.datagrams.send(config.host or "", config.port or 514, line)

    def _head(self, level: str, config: Config) -> str:
        """RFC 5424, with Loggly's token and tags as structured data."""
        priority = _USER_LEVEL * 8 + LEVELS.index(level)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        tags = " ".join(f'tag="{tag}"' for tag in config.tags or ())
        return f"<{priority}>1 {now} {self.node.hostname} kong {os.getpid()} - [{config.key}@41058 {tags}] "
