"""JWT: a client shows a signed token."""

import time
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeGuard

from gopura.plugin import Entity, Exchange, Pattern, Request, config, jws
from gopura.plugin.authentication import Authenticator, Refusal
from gopura.plugin.cookies import cookie
from gopura.plugin.jws import Token, base64url

_BEARER = Pattern(r"\s*[Bb]earer\s+(.+)")

_Names = Annotated[list[str] | None, config.SetOf()]


class Jwt(Authenticator, name="jwt", priority=1450, no_consumer=True):
    """Finds the consumer whose key the request's token is signed with."""

    identifier = "key"

    checks = (
        config.Conditional(
            "config.maximum_expiration", config.Gt(0), "config.claims_to_verify", config.Contains("exp")
        ),
    )

    example = {"claims_to_verify": ["exp"]}

    class Config(config.Record):
        """Where to look for the token, and what it must say."""

        uri_param_names: _Names = ["jwt"]
        """The query arguments that may carry the token."""
        cookie_names: _Names = []
        """The cookies that may carry the token."""
        key_claim_name: str | None = "iss"
        """The claim that names the key."""
        secret_is_base64: bool = False
        """Whether the keys' secrets are in base64."""
        claims_to_verify: Annotated[
            list[Annotated[str, config.OneOf("exp", "nbf")]] | None, config.SetOf()
        ] = None
        """The claims that are verified besides the signature."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid token; without it they are refused."""
        run_on_preflight: bool = True
        """Whether CORS preflight requests (OPTIONS) need a token as well."""
        maximum_expiration: Annotated[float | None, config.Between(0, 31536000)] = 0
        """How many seconds from now a token may end at most; 0: any."""
        header_names: _Names = ["authorization"]
        """The headers that may carry the token."""

    def identify(self, exchange: Exchange, config: Config) -> tuple[Entity | None, Entity]:
        """Find the token's key, then verify signature and claims with it."""
        token = the_only(tokens(exchange.request, config))
        jwt = read(token)
        credential = credential_of(exchange, jwt, config.key_claim_name or "iss")
        verify(jwt, credential, config.secret_is_base64)
        check_claims(jwt.claims, config)
        exchange.ctx["authenticated_jwt_token"] = token
        return exchange.owner(credential), credential

    def refuse(self, exchange: Exchange, refusal: Refusal) -> None:
        """Answer in JSON, whatever the client accepts."""
        errors = refusal.errors if isinstance(refusal, BadClaims) else {"message": refusal.message}
        exchange.exit(refusal.status, errors, refusal.headers)


@dataclass(frozen=True)
class BadClaims(Refusal):
    """The token is genuine, but what it claims does not hold."""

    errors: dict[str, str] = field(default_factory=dict)


def tokens(request: Request, config: Jwt.Config) -> set[str | bool]:
    """Every different token of the request."""
    found: set[str | bool] = set()
    for name in config.uri_param_names or ():
        found.update(request.query_values(name))
    for name in config.cookie_names or ():
        found.add(cookie(request.headers, name) or "")
    for name in config.header_names or ():
        # Every line of the header: the upstream may take another one than the first.
        bearers = (_BEARER.groups(value) for value in request.headers.get_all(name))
        found.update(bearer[1] for bearer in bearers if bearer)
    return found - {""}


def the_only(found: set[str | bool]) -> str:
    """The one token."""
    if not found:
        raise Refusal(401, "Unauthorized")
    if len(found) > 1:
        raise Refusal(401, "Multiple tokens provided")
    token = found.pop()
    if not isinstance(token, str):
        raise Refusal(401, "Unrecognizable token")
    return token


def read(token: str) -> Token:
    """The token's parts."""
    try:
        return Token.read(token)
    except ValueError as error:
        raise Refusal(401, f"Bad token; {error}") from None


def credential_of(exchange: Exchange, jwt: Token, claim: str) -> Entity:
    """The credential that the token names."""
    key = jwt.claims[claim] if claim in jwt.claims else jwt.header.get(claim)
    if key is None:
        raise Refusal(401, f"No mandatory '{claim}' in claims")
    if key == "" or not isinstance(key, str):
        raise Refusal(401, f"Invalid '{claim}' in claims")
    credential = exchange.find("jwt_secrets", "key", key)
    if credential is None:
        raise Refusal(401, f"No credentials found for given '{claim}'")
    return credential


def verify(jwt: Token, credential: Entity, secret_is_base64: bool) -> None:
    """Verify the signature by the credential's algorithm and key; what the token says must agree."""
    algorithm = credential.algorithm or "HS256"
    if jwt.header["alg"] != algorithm:
        raise Refusal(401, "Invalid algorithm")
    if algorithm.startswith("HS"):
        key = secret(credential.secret, secret_is_base64)
    else:
        key = (credential.rsa_public_key or "").encode()
    if not key:
        raise Refusal(401, "Invalid key/secret")
    if not jws.verify(algorithm, key, jwt.signed, jwt.signature):
        raise Refusal(401, "Invalid signature")


def secret(text: str, is_base64: bool) -> bytes:
    """The bytes of a shared secret; none when it is malformed."""
    if not is_base64:
        return text.encode("utf-8", "surrogateescape")
    return base64url(text) or b""


def check_claims(claims: dict[str, Any], config: Jwt.Config) -> None:
    """Check the claims that are to be verified, then how far off the end may be."""
    errors = {
        name: wrong for name in config.claims_to_verify or () if (wrong := _fault(name, claims.get(name)))
    }
    if errors:
        raise BadClaims(401, "Invalid claims", errors=errors)
    furthest, end = config.maximum_expiration or 0, claims.get("exp", float("inf"))
    if furthest > 0 and (not _is_number(end) or end - int(time.time()) > furthest):
        raise BadClaims(401, "Invalid claims", errors={"exp": "exceeds maximum allowed expiration"})


def _fault(name: str, value: Any) -> str | None:
    if not _is_number(value):
        return "must be a number"
    now = int(time.time())
    if name == "exp":
        return "token expired" if value <= now else None
    return "token not valid yet" if value > now else None


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
