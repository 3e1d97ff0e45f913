"""OAuth 2.0: applications get tokens to act for people."""

from typing import Annotated

from gopura.plugin import Plugin, config

_FLOWS = (
    "enable_authorization_code",
    "enable_implicit_grant",
    "enable_client_credentials",
    "enable_password_grant",
)


def _some_flow(settings: "OAuth2.Config") -> str | None:
    if any(getattr(settings, flow) for flow in _FLOWS):
        return None
    return f"at least one of these fields must be true: {', '.join(_FLOWS)}"


class OAuth2(Plugin, name="oauth2", priority=1400, no_consumer=True):
    """Gives out tokens, and finds the consumer of the request's token."""

    class Config(config.Record):
        """Which flows there are, and how long what lasts."""

        checks = (config.Conditional("mandatory_scope", config.Eq(True), "scopes", config.Required()),)
        rules = (config.Custom(_some_flow),)

        scopes: list[str] | None = None
        """The scopes that there are."""
        mandatory_scope: bool = False
        """Whether a token must have a scope."""
        provision_key: Annotated[str, config.Unique(), config.Auto(), config.Required(), config.Encrypted()]
        """The key by which the login page proves itself; made up when it is left out."""
        token_expiration: float = 7200
        """How many seconds a token lasts; 0: for ever."""
        enable_authorization_code: bool = False
        """Whether there is the authorization code flow."""
        enable_implicit_grant: bool = False
        """Whether there is the implicit flow."""
        enable_client_credentials: bool = False
        """Whether there is the client credentials flow."""
        enable_password_grant: bool = False
        """Whether there is the password flow."""
        hide_credentials: bool = False
        """Whether the token is removed before the upstream gets the request."""
        accept_http_if_already_terminated: bool = False
        """Whether plain HTTP is accepted when X-Forwarded-Proto says that the client used HTTPS."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid token; without it they are refused."""
        global_credentials: bool = False
        """Whether tokens of other services with this setting are accepted."""
        auth_header_name: str | None = "authorization"
        """The header that carries the token."""
        refresh_token_ttl: Annotated[float, config.Between(0, 100000000)] = 1209600
        """How many seconds a refresh token lasts; 0: for ever."""
        reuse_refresh_token: bool = False
        """Whether a refresh token stays the same when it is used."""
        pkce: Annotated[str | None, config.Optional(), config.OneOf("none", "lax", "strict")] = "lax"
        """Whether the proof key for code exchange is refused, accepted, or demanded."""
