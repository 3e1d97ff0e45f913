"""HMAC authentication: a client signs its requests."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Annotated

from gopura.plugin import Entity, Exchange, Headers, Pattern, Request, config
from gopura.plugin.authentication import Authenticator, Refusal
from gopura.plugin.base64 import decoded
from gopura.plugin.dates import moment

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
_DATES = ("x-date", "date")
_DECIDING = (*_DATES, "digest")
_FIELDS = Pattern(
    r'\s*[Hh]mac\s*username="([^"]+)",\s*algorithm="([^"]+)",\s*headers="([^"]+)",\s*signature="([^"]+)"'
)


class HmacAuth(Authenticator, name="hmac-auth", priority=1030, no_consumer=True):
    """Finds the consumer whose secret the request is signed with."""

    identifier = "username"

    example = {"enforce_headers": ["date", "@request-target"], "algorithms": ["hmac-sha256"]}

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
        signature = Signature.find(request.headers)
        if not timely(request.headers, dates(signature), config.clock_skew or 0):
            raise NO_DATE
        if config.hide_credentials:
            exchange.upstream_request.headers.remove(signature.place if signature else "authorization")
        if signature is None:
            raise UNUSABLE
        credential = exchange.find("hmacauth_credentials", "username", signature.username)
        if credential is None or not signature.allowed(config):
            raise UNUSABLE
        if not signature.made_with(credential.secret, request):
            raise WRONG
        if config.validate_request_body and not whole(request, signature):
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
            if found := _FIELDS.groups(headers.get(place) or ""):
                _, username, algorithm, names, value = found
                return cls(place, username, algorithm, tuple(names.split(" ")), decoded(value) or b"")
        return None

    def allowed(self, config: HmacAuth.Config) -> bool:
        """Whether the configuration accepts it."""
        enforced = set(config.enforce_headers or ())
        return self.algorithm in (config.algorithms or ()) and enforced <= set(self.names)

    def covers(self, name: str) -> bool:
        """Whether a header is signed; nobody else can have changed it."""
        return name in map(dashed, self.names)

    def made_with(self, secret: str, request: Request) -> bool:
        """Whether somebody who knows the secret signed this request."""
        text = "\n".join(line(name, request) for name in self.names)
        key, signed = (part.encode("utf-8", "surrogateescape") for part in (secret, text))
        return matches(self.algorithm, key, signed, self.value)


def matches(algorithm: str, key: bytes, signed: bytes, signature: bytes) -> bool:
    """Whether the key makes this signature of these bytes."""
    return hmac.compare_digest(hmac.digest(key, signed, algorithm.removeprefix("hmac-")), signature)


def dashed(name: str) -> str:
    """The name of a header as HTTP has it."""
    return name.lower().replace("_", "-")


def line(name: str, request: Request) -> str:
    """The text that is signed for a header, all its lines in order, or for a part of the request line."""
    # A header that decides is the one that is read, whatever has nearly its name.
    found = dashed(name) if dashed(name) in _DECIDING else name
    if values := request.headers.get_all(found):
        return f"{name}: {', '.join(values)}"
    if name == "@request-target":
        return f"{name}: {request.method.lower()} {request.target}"
    if name == "request-line":
        return f"{request.method} {request.target} HTTP/{request.http_version:.1f}"
    return f"{name}:"


def dates(signature: Signature | None) -> tuple[str, ...]:
    """The headers that tell when the request was made: those that are signed, if any is."""
    return tuple(name for name in _DATES if signature and signature.covers(name)) or _DATES


def timely(headers: Headers, names: tuple[str, ...], skew: float) -> bool:
    """Whether one of the headers has a date that is close to now."""
    return any(_close(headers.get(name), skew) for name in names)


def _close(text: str | None, skew: float) -> bool:
    made = moment(text)
    return made is not None and abs(int(time.time()) - made) <= skew


def whole(request: Request, signature: Signature) -> bool:
    """Whether the body is the one that the Digest header was made of, and that header is signed."""
    digest, body = request.headers.get("digest"), request.body
    if digest is None:
        return body == b""
    if body is None or not signature.covers("digest"):
        return False
    own = "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()
    return hmac.compare_digest(own.encode(), digest.encode("utf-8", "surrogateescape"))
