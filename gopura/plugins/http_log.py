"""HTTP log: an entry per request, posted to a server."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config
from gopura.schema.types.url import parsed_url


def _no(header: str, lua: str) -> config.Pattern:
    return config.Pattern(lua, rf"(?i)^{header}\Z", f"cannot contain '{header}' header")


_OWN_HEADERS = config.MatchNone(
    _no("Host", "^[Hh][Oo][Ss][Tt]$"),
    _no("Content-Length", "^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]%-[Ll][Ee][nn][Gg][Tt][Hh]$"),
    _no("Content-Type", "^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]%-[Tt][Yy][Pp][Ee]$"),
)


def _one_authorization(settings: "HttpLog.Config") -> str | None:
    headers = {name.lower() for name in settings.headers or ()}
    if parsed_url(settings.http_endpoint).userinfo is not None and "authorization" in headers:
        return "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed"
    return None


class HttpLog(Plugin, name="http-log", priority=12, protocols=ALL_PROTOCOLS):
    """Posts JSON after each request, or several together."""

    class Config(config.Record):
        """Where to, and how."""

        checks = (config.CustomCheck("retry_count", "queue_size", "flush_timeout", check=lambda _row: None),)
        rules = (config.Custom(_one_authorization),)

        http_endpoint: Annotated[config.Url, config.Encrypted(), config.Referenceable()]
        """The URL to post to."""
        method: Annotated[str | None, config.OneOf("POST", "PUT", "PATCH")] = "POST"
        """The method to use."""
        content_type: Annotated[
            str | None, config.OneOf("application/json", "application/json; charset=utf-8")
        ] = "application/json"
        """The Content-Type to send."""
        timeout: float | None = 10000
        """How many milliseconds a request may take."""
        keepalive: float | None = 60000
        """How many milliseconds an idle connection is kept."""
        retry_count: int | None = None
        """Without effect; see `queue.max_retry_time`."""
        queue_size: int | None = None
        """The old name of `queue.max_batch_size`."""
        flush_timeout: float | None = None
        """The old name of `queue.max_coalescing_delay`."""
        headers: (
            dict[Annotated[config.HeaderName, _OWN_HEADERS], Annotated[str, config.Referenceable()]] | None
        ) = None
        """Headers to send besides."""
        queue: config.Queue
        """How entries are collected and sent."""
        custom_fields_by_lua: config.LuaFields | None = None
