"""OAuth 2.0: applications get tokens to act for people."""

import time
import weakref
from typing import Annotated, Any

from gopura.plugin import Entity, Exchange, Node, Use, config
from gopura.plugin.authentication import Refusal, WaitingAuthenticator
from gopura.plugins.oauth2.authorization import Authorization
from gopura.plugins.oauth2.exchanging import TokenRequest
from gopura.plugins.oauth2.parameters import Parameters
from gopura.plugins.oauth2.problem import UNAVAILABLE, Problem, invalid_method, invalid_token

BODY_LIMIT = 1 << 16
"""Bytes of a body that are searched for parameters."""

AUTHENTICATED = ("X-Authenticated-Scope", "X-Authenticated-UserId")
"""The headers that tell the upstream what a token allows."""

NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
NO_TOKEN = Refusal(401, "The access token is missing", {"WWW-Authenticate": 'Bearer realm="service"'})
INVALID = Refusal(401, invalid_token().description, {"WWW-Authenticate": invalid_token().challenge or ""})
GLOBAL = Problem(
    "invalid_token",
    "The access token is global, but the current plugin is configured without 'global_credentials'",
    401,
)

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


class OAuth2(WaitingAuthenticator, name="oauth2", priority=1400, no_consumer=True):
    """Gives out tokens, and finds the consumer of the request's token."""

    identifier = "client_id"

    example = {
        "enable_client_credentials": True,
        "scopes": ["read"],
        "accept_http_if_already_terminated": True,
    }

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

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._uses: dict[int, str] = {}

    def prepare(self, config: Config, use: Use) -> Config:
        """Remember which use of the plugin a configuration is of: codes are for one only."""
        self._uses[id(config)] = use.id
        # The entry goes with the configuration, before another one can have its place in memory.
        weakref.finalize(config, self._uses.pop, id(config), None)
        return config

    def request_body_limit(self, config: Config) -> int:
        """Have bodies read: tokens and parameters may be in them."""
        return BODY_LIMIT

    async def access(self, exchange: Exchange, config: Config) -> None:
        """Answer at the two endpoints; elsewhere ask for a token."""
        for name in AUTHENTICATED:
            exchange.upstream_request.headers.remove(name)
        try:
            if not await self._endpoint(exchange, config):
                await super().access(exchange, config)
        except (ConnectionError, TimeoutError):
            exchange.exit(503, Problem("temporarily_unavailable", UNAVAILABLE).parameters())

    async def _endpoint(self, exchange: Exchange, config: Config) -> bool:
        path, method = exchange.request.path.removesuffix("/"), exchange.request.method
        name = {"token": "token", "authorize": "authorization"}.get(path.rpartition("/oauth2/")[2])
        if name is None or "/oauth2/" not in path:
            return False
        if method != "POST":
            answer(exchange, invalid_method(method, name))
        elif name == "token":
            status, body, headers = await TokenRequest(
                exchange, config, self.node, self._uses[id(config)]
            ).answer()
            exchange.exit(status, body, NOT_KEPT | headers)
        else:
            status, body = await Authorization(exchange, config, self.node, self._uses[id(config)]).answer()
            exchange.exit(status, body, NOT_KEPT)
        return True

    async def identify(
        self, exchange: Exchange, config: Config
    ) -> tuple[Entity | None, Entity | None] | None:
        """Find the token and whose it is."""
        text = take(exchange, config)
        if not text:
            raise NO_TOKEN
        token = await self.node.records.find("oauth2_tokens", "access_token", text)
        if token is None:
            raise INVALID
        service = exchange.service.id if exchange.service else None
        if token["service"] is None and not config.global_credentials:
            answer(exchange, GLOBAL)
            return None
        if expired(token) or (token["service"] is not None and token["service"]["id"] != service):
            raise INVALID
        credential = exchange.find("oauth2_credentials", "id", token["credential"]["id"])
        if credential is None:
            raise INVALID
        for name, value in zip(AUTHENTICATED, (token["scope"], token["authenticated_userid"]), strict=True):
            if value:
                exchange.upstream_request.headers.set(name, value)
        return exchange.owner(credential), credential

    def refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        """Answer in the words of RFC 6750."""
        error = "invalid_request" if refusal is NO_TOKEN else "invalid_token"
        exchange.exit(refusal.status, {"error": error, "error_description": refusal.message}, refusal.headers)


def answer(exchange: Exchange, problem: Problem) -> None:
    """Send an error."""
    headers = {"WWW-Authenticate": problem.challenge} if problem.challenge else {}
    exchange.exit(problem.status, problem.parameters(), headers)


def expired(token: dict[str, Any]) -> bool:
    """Whether a token is past its time."""
    lasts: int = token["expires_in"]
    return lasts > 0 and time.time() - token["created_at"] > lasts


def take(exchange: Exchange, config: OAuth2.Config) -> str:
    """Read the token, empty if there is none, and remove it when it is to be hidden."""
    name = config.auth_header_name or "authorization"
    header = exchange.request.headers.get(name)
    if header is not None:
        text, is_token = token_of(header)
        if config.hide_credentials and is_token:
            exchange.upstream_request.headers.remove(name)
        return text
    parameters = Parameters(exchange.request)
    text = parameters.text("access_token")
    if config.hide_credentials:
        hide(exchange, parameters)
    return text


def token_of(header: str) -> tuple[str, bool]:
    """The token of a header; False beside it: the header has another scheme, and so another plugin's credential."""
    words = header.split()
    if len(words) == 2 and words[0].lower() in ("bearer", "token"):
        return words[1], True
    return header, len(words) == 1


def hide(exchange: Exchange, parameters: Parameters) -> None:
    """Take the token out of the query string and the body."""
    query = exchange.request.query
    if query.pop("access_token", None) is not None:
        exchange.upstream_request.set_query(query)
    if parameters.body and parameters.body.get("access_token") is not None:
        parameters.body.remove("access_token")
        exchange.upstream_request.set_body(parameters.body.encode())
