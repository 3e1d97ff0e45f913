"""Syslog: an entry per request, in the system's log."""

import syslog
from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, config
from gopura.plugin.custom_fields import set_fields
from gopura.plugin.record import encoded
from gopura.plugin.severity import severity, urgent

_SEVERITIES = ("debug", "info", "notice", "warning", "err", "crit", "alert", "emerg")
_FACILITIES = (
    *("auth", "authpriv", "cron", "daemon", "ftp", "kern", "lpr", "mail", "news", "syslog", "user", "uucp"),
    *(f"local{number}" for number in range(8)),
)
_Severity = Annotated[str, config.OneOf(*_SEVERITIES)]


class Syslog(Plugin, name="syslog", priority=4, protocols=ALL_PROTOCOLS):
    """Writes JSON to the system's log after each request."""

    example = {"facility": "local0", "client_errors_severity": "warning"}

    class Config(config.Record):
        """Which entries, and how urgent they are."""

        log_level: _Severity = "info"
        """Entries of a lower severity are not written."""
        successful_severity: _Severity = "info"
        """The severity of responses below 400."""
        client_errors_severity: _Severity = "info"
        """The severity of responses from 400 to 499."""
        server_errors_severity: _Severity = "info"
        """The severity of responses from 500."""
        custom_fields_by_lua: config.LuaFields | None = None
        facility: Annotated[str, config.OneOf(*_FACILITIES)] = "user"
        """What kind of program the entries come from."""

    def log(self, exchange: Exchange, config: Config) -> None:
        """Write the record if it is urgent enough."""
        set_fields(exchange, config.custom_fields_by_lua, self)
        level = severity(exchange.response.status, config)
        if urgent(level, config.log_level):
            facility = getattr(syslog, f"LOG_{config.facility.upper()}")
            syslog.syslog(facility | getattr(syslog, f"LOG_{level.upper()}"), encoded(exchange).decode())
