"""Session: keeps people logged in by a cookie."""

import base64
import secrets
from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Plugin, config

_FACTS = ("id", "audience", "subject", "timeout", "idling-timeout", "rolling-timeout", "absolute-timeout")
_SECRET = base64.b64encode(secrets.token_bytes(33)).decode().replace("+", "A").replace("/", "0")

_Facts = Annotated[list[Annotated[str, config.OneOf(*_FACTS)]] | None, config.SetOf()]


def _old_name(old: str, annotation: Any, new: str, **translated: Any) -> config.Shorthand:
    return config.Shorthand(old, annotation, lambda value: {new: translated.get(str(value), value)})


class Session(Plugin, name="session", priority=1900, protocols=ALL_PROTOCOLS, no_consumer=True):
    """Gives a cookie to who logged in, and knows them by it afterwards."""

    class Config(config.Record):
        """The cookie, how long it is good, and how to log out."""

        shorthands = (
            _old_name("cookie_lifetime", float, "rolling_timeout"),
            config.Shorthand("cookie_idletime", float, lambda value: {"idling_timeout": value or 0}),
            config.Shorthand("cookie_renew", float, lambda _value: None),
            _old_name("cookie_discard", float, "stale_ttl"),
            _old_name("cookie_samesite", str, "cookie_same_site", off="Lax"),
            _old_name("cookie_httponly", bool, "cookie_http_only"),
            _old_name("cookie_persistent", bool, "remember"),
        )

        secret: Annotated[str | None, config.Optional(), config.Encrypted(), config.Referenceable()] = _SECRET
        """The secret that cookies are encrypted with; made up once per start when it is left out."""
        storage: Annotated[str | None, config.OneOf("cookie", "kong")] = "cookie"
        """Where sessions are kept: in the cookie, or in the database."""
        audience: str | None = "default"
        """What the session is for."""
        idling_timeout: float | None = 900
        """How many seconds a session may lie idle."""
        rolling_timeout: float | None = 3600
        """How many seconds a session lasts until it is renewed."""
        absolute_timeout: float | None = 86400
        """How many seconds a session can be renewed."""
        stale_ttl: float | None = 10
        """How many seconds the old cookie goes on working after a renewal."""
        cookie_name: str | None = "session"
        """The cookie's name."""
        cookie_path: str | None = "/"
        """The path that the cookie is for."""
        cookie_domain: str | None = None
        """The domain that the cookie is for."""
        cookie_same_site: Annotated[str | None, config.OneOf("Strict", "Lax", "None", "Default")] = "Strict"
        """Whether the cookie is sent with requests from other sites."""
        cookie_http_only: bool | None = True
        """Whether the cookie is hidden from scripts."""
        cookie_secure: bool | None = True
        """Whether the cookie is sent by HTTPS only."""
        remember: bool | None = False
        """Whether the session outlives the browser."""
        remember_cookie_name: str | None = "remember"
        """The name of the cookie that outlives the browser."""
        remember_rolling_timeout: float | None = 604800
        """How many seconds such a session lasts until it is renewed."""
        remember_absolute_timeout: float | None = 2592000
        """How many seconds such a session can be renewed."""
        response_headers: _Facts = None
        """What responses tell the client about the session."""
        request_headers: _Facts = None
        """What requests tell the upstream about the session."""
        read_body_for_logout: bool | None = False
        """Whether a logout is looked for in the body."""
        logout_methods: Annotated[
            list[Annotated[str, config.OneOf("GET", "POST", "DELETE")]] | None, config.SetOf()
        ] = ["POST", "DELETE"]
        """The methods of requests that can log out."""
        logout_query_arg: str | None = "session_logout"
        """The query argument that logs out."""
        logout_post_arg: str | None = "session_logout"
        """The form field that logs out."""
