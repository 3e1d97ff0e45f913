"""Basic authentication: a client shows a user name and a password."""

import hmac

from gopura.entities.basicauth_credentials import hashed
from gopura.plugin import Entity, Exchange, Pattern, config
from gopura.plugin.authentication import Authenticator, Refusal
from gopura.plugin.base64 import decoded

NOTHING = Refusal(401, "Unauthorized", {"WWW-Authenticate": 'Basic realm="kong"'})
WRONG = Refusal(401, "Invalid authentication credentials")

_BASIC = Pattern(r"\s*[Bb]asic\s*(.+)")
_NAMES = ("proxy-authorization", "authorization")


class BasicAuth(Authenticator, name="basic-auth", priority=1100, no_consumer=True):
    """Finds the consumer whose user name and password the request carries."""

    identifier = "username"

    example = {"hide_credentials": True}

    class Config(config.Record):
        """What to do with the credential, and without one."""

        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid credential; without it they are refused."""
        hide_credentials: bool = False
        """Whether the Authorization header is removed before the upstream gets the request."""

    def identify(self, exchange: Exchange, config: Config) -> tuple[Entity | None, Entity]:
        """Look the name up and compare the password."""
        if not any(name in exchange.request.headers for name in _NAMES):
            raise NOTHING
        for name in _NAMES:
            given = take(exchange, name, config.hide_credentials)
            if given and (found := exchange.find("basicauth_credentials", "username", given[0])):
                return exchange.owner(found), proven(found, given[1])
        raise WRONG


def take(exchange: Exchange, name: str, hide: bool) -> tuple[str, str] | None:
    """Read user name and password from a header, and remove it when it is to be hidden."""
    header = exchange.request.headers.get(name)
    if hide:
        exchange.upstream_request.headers.remove(name)
    found = _BASIC.groups(header or "")
    return pair_of(found[1]) if found else None


def pair_of(text: str) -> tuple[str, str] | None:
    """User name and password out of their Base64 form; None when malformed."""
    pair = (decoded(text) or b"").decode("utf-8", "surrogateescape")
    name, colon, password = pair.partition(":")
    return (name, password) if name and colon else None


def proven(credential: Entity, password: str) -> Entity:
    """Return the credential if the password is its own."""
    digest = hashed(credential.consumer["id"], password)
    if not hmac.compare_digest(digest.encode("utf-8", "surrogateescape"), credential.password.encode()):
        raise WRONG
    return credential
