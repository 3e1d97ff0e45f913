"""HMAC authentication: a client signs its requests."""

import base64
import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from typing import Annotated

from gopura.plugin import Entity, Exchange, Headers, Request, config
from gopura.plugin.authentication import Authenticator, Refusal
from gopura.plugin.base64 import decoded

ALGORITHMS = ("hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512")
BODY_LIMIT = 8 << 20
"""Bytes of a body whose digest is verified; a larger one is refused."""

NOTHING = Refusal(401, "Unauthorized")
NO_DATE = Refusal(
    401,
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication",
)
UNUSABLE = Refusal(401, "HMAC signature cannot be verified")
WRONG = Refusal(401, "HMAC signature does not match")

_NAMES = ("proxy-authorization", "authorization")
_FIELDS = re.compile(
    r'\s*[Hh]mac\s*username="([^"]+)",\s*algorithm="([^"]+)",\s*headers="([^"]+)",\s*signature="([^"]+)"'
)


class HmacAuth(Authenticator, name="hmac-auth", priority=1030, no_consumer=True):
    """Finds the consumer whose secret the request is signed with."""

    identifier = "username"

    class Config(config.Record):
        """What must be signed, and how."""

        hide_credentials: bool = False
        """Whether the signature is removed before the upstream gets the request."""
        clock_skew: Annotated[float | None, config.Gt(0)] = 300
        """How many seconds the Date header may be off."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid signature; without it they are refused."""
        validate_request_body: bool = False
        """Whether the body must match the Digest header."""
        enforce_headers: list[str] | None = []
        """The headers that must be signed at least."""
        algorithms: list[Annotated[str, config.OneOf(*ALGORITHMS)]] | None = list(ALGORITHMS)
        """The algorithms that are accepted."""

    def request_body_limit(self, config: Config) -> int:
        """Have the body read when its digest is verified."""
        return BODY_LIMIT if config.validate_request_body else 0

    def identify(self, exchange: Exchange, config: Config) -> tuple[Entity | None, Entity]:
        """Read what is signed, find the secret and sign again."""
        request = exchange.request
        if not any(name in request.headers for name in _NAMES):
            raise NOTHING
        if not timely(request.headers, config.clock_skew or 0):
            raise NO_DATE
        signature = Signature.find(request.headers)
        if config.hide_credentials:
            exchange.upstream_request.headers.remove(signature.place if signature else "authorization")
        if signature is None:
            raise UNUSABLE
        credential = exchange.find("hmacauth_credentials", "username", signature.username)
        if credential is None or not signature.allowed(config):
            raise UNUSABLE
        if not signature.made_with(credential.secret, request):
            raise WRONG
        if config.validate_request_body and not whole(request):
            raise WRONG
        return exchange.owner(credential), credential


@dataclass(frozen=True)
class Signature:
    """What a header says about a signature."""

    place: str
    username: str
    algorithm: str
    names: tuple[str, ...]
    value: bytes

    @classmethod
    def find(cls, headers: Headers) -> "Signature | None":
        """The first that is well-formed."""
        for place in _NAMES:
            if found := _FIELDS.search(headers.get(place) or ""):
                username, algorithm, names, value = found.groups()
                return cls(place, username, algorithm, tuple(names.split(" ")), decoded(value) or b"")
        return None

    def allowed(self, config: HmacAuth.Config) -> bool:
        """Whether the configuration accepts it."""
        enforced = set(config.enforce_headers or ())
        return self.algorithm in (config.algorithms or ()) and enforced <= set(self.names)

    def made_with(self, secret: str, request: Request) -> bool:
        """Whether somebody who knows the secret signed this request."""
        text = "\n".join(line(name, request) for name in self.names)
        key, signed = (part.encode("utf-8", "surrogateescape") for part in (secret, text))
        return matches(self.algorithm, key, signed, self.value)


def matches(algorithm: str, key: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether the key makes this signature of these bytes."""
    return hmac.compare_digest(hmac.digest(key, signed, algorithm.removeprefix("hmac-")), signature)


def line(name: str, request: Request) -> str:
    """The text that is signed for a header, or for a part of the request line."""
    if (value := request.headers.get(name)) is not None:
        return f"{name}: {value}"
    if name == "@request-target":
        return f"{name}: {request.method.lower()} {request.target}"
    if name == "request-line":
        return f"{request.method} {request.target} HTTP/{request.http_version:.1f}"
    return f"{name}:"


def timely(headers: Headers, skew: float) -> bool:
    """Whether one of the two headers has a date that is close to now."""
    return any(_close(headers.get(name), skew) for name in ("x-date", "date"))


def _close(text: str | None, skew: float) -> bool:
    parsed = parsedate_tz(text) if text else None
    if parsed is None:
        return False
    try:
        return abs(int(time.time()) - mktime_tz((*parsed[:9], parsed[9] or 0))) <= skew
    except (ValueError, OverflowError):
        return False


def whole(request: Request) -> bool:
    """Whether the body is the one that the Digest header was made of."""
    digest, body = request.headers.get("digest"), request.body
    if digest is None:
        return body == b""
    if body is None:
        return False
    own = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    return hmac.compare_digest(own.encode(), digest.encode("utf-8", "surrogateescape"))
