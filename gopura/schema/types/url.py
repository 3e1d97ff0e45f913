"""URLs, taken apart as leniently as clients are used to."""

import re
from dataclasses import dataclass

_SCHEME = re.compile(r"([A-Za-z0-9][A-Za-z0-9+\-.]*):")
_AUTHORITY = re.compile(r"//([^/?#]*)")


@dataclass(frozen=True)
class Url:
    """The parts of a URL; those that it lacks are None. The port is whatever follows the colon."""

    scheme: str | None = None
    userinfo: str | None = None
    host: str | None = None
    port: str | None = None
    path: str | None = None
    fragment: str | None = None


def parsed_url(text: str) -> Url:
    """Take a URL apart; nothing is refused."""
    rest, hash_sign, fragment = text.partition("#")
    scheme = _SCHEME.match(rest)
    rest = rest[scheme.end() :] if scheme else rest
    authority = _AUTHORITY.match(rest)
    rest = rest[authority.end() :] if authority else rest
    path = rest.partition("?")[0].partition(";")[0]
    userinfo, host, port = _authority(authority[1] if authority else "")
    return Url(scheme and scheme[1], userinfo, host, port, path or None, fragment if hash_sign else None)


def _authority(text: str) -> tuple[str | None, str | None, str | None]:
    before, at_sign, rest = text.partition("@")
    userinfo, rest = (before, rest) if at_sign else (None, text)
    match = re.search(r":([^:\]]*)\Z", rest)
    host = rest[: match.start()] if match else rest
    bracketed = re.fullmatch(r"\[(.+)\]", host)
    return userinfo, (bracketed[1] if bracketed else host) or None, match and match[1]
