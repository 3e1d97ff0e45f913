"""Log files and tracing."""

from __future__ import annotations

from gopura.settings.kinds import ListOf, LogPath, Number, OneOf, Text
from gopura.settings.setting import NOT_YET, Section, Setting

LEVELS = ("debug", "info", "notice", "warn", "error", "crit", "alert", "emerg")
INSTRUMENTATIONS = (
    "off",
    "all",
    "request",
    "db_query",
    "dns_query",
    "router",
    "http_client",
    "balancer",
    "plugin_rewrite",
    "plugin_access",
    "plugin_header_filter",
)
_PATH = LogPath()
_ONE_LOG = "all errors go to `proxy_error_log` and, for the Admin API, `admin_error_log`"
_TRACES = ListOf(OneOf(*INSTRUMENTATIONS))

SECTION = Section(
    "Logs and tracing",
    (
        Setting(
            "log_level", OneOf(*LEVELS), "notice", "Least severe level that is written to the error logs."
        ),
        Setting(
            "proxy_access_log",
            LogPath(has_format=True),
            "logs/access.log",
            "One line per request to the proxy; `off` writes none. A second word names a format of "
            "`nginx_http_log_format`.",
        ),
        Setting(
            "nginx_http_log_format",
            Text(),
            "",
            "A format for lines of the access log as nginx's `log_format` has it: a name, perhaps `escape=json`, and "
            "text with variables. Beside nginx's: `$kong_request_id`, `$route_id`, `$route_name`, `$service_id`, "
            "`$service_name`, `$consumer_id`, `$consumer_username` and `$tries`.",
        ),
        Setting(
            "access_log_fields",
            ListOf(),
            "",
            "With `log_format = json`, the fields of a line of the access log; all of them when empty.",
            own=True,
        ),
        Setting(
            "masked_arguments",
            ListOf(),
            "",
            "Names of query arguments, such as `apikey`, `jwt` and `access_token`, whose values the access log shows "
            "as `***`. The error log shows no queries.",
            own=True,
        ),
        Setting("proxy_error_log", _PATH, "logs/error.log", "Errors and notices of the processes."),
        Setting(
            "proxy_stream_access_log",
            _PATH,
            "logs/access.log basic",
            "One line per TCP or UDP session.",
            inert=NOT_YET,
        ),
        Setting("proxy_stream_error_log", _PATH, "logs/error.log", "Errors of streams.", inert=_ONE_LOG),
        Setting("admin_access_log", _PATH, "logs/admin_access.log", "One line per request to the Admin API."),
        Setting(
            "admin_error_log", _PATH, "logs/error.log", "Errors of the Admin API and of the control process."
        ),
        Setting(
            "status_access_log",
            _PATH,
            "off",
            "One line per request to the status API.",
            inert=NOT_YET,
        ),
        Setting(
            "status_error_log", _PATH, "logs/status_error.log", "Errors of the status API.", inert=_ONE_LOG
        ),
        Setting(
            "tracing_instrumentations",
            _TRACES,
            "off",
            "What is traced: `off`, `request` (one span per request), `all`, or single parts.",
        ),
        Setting(
            "tracing_sampling_rate",
            Number(0, 1, whole=False),
            "0.01",
            "Share of requests that are traced, from 0 to 1.",
        ),
        Setting(
            "opentelemetry_tracing",
            _TRACES,
            "",
            "Older name of `tracing_instrumentations`.",
            alias="tracing_instrumentations",
        ),
        Setting(
            "opentelemetry_tracing_sampling_rate",
            Number(0, 1, whole=False),
            "",
            "Older name of `tracing_sampling_rate`.",
            alias="tracing_sampling_rate",
        ),
    ),
)
