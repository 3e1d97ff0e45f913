"""Media types: `application/json; charset=utf-8` (RFC 2045, 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_TYPE = re.compile(rf"({_WORD})/({_WORD})|\*")
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*({_WORD})=(?:({_WORD})|\"((?:[^\"\\]|\\.)*)\")")


@dataclass(frozen=True)
class MediaType:
    """A type, in lower case, with its parameters by lower-case name; `*` stands for any."""

    kind: str
    subtype: str
    parameters: dict[str, str]

    def includes(self, other: MediaType) -> bool:
        """Whether the other is of this type: `json` includes `problem+json`."""
        if self.kind == "*":
            return True
        known = self.subtype in ("*", other.subtype) or (
            "+" not in self.subtype and other.subtype.endswith("+" + self.subtype)
        )
        return self.kind == other.kind and known


@lru_cache(maxsize=1000)
def parse(text: str) -> MediaType | None:
    """Read a media type; None when it is none."""
    found = _TYPE.match(text)
    if found is None:
        return None
    parameters, at = {}, found.end()
    while parameter := _PARAMETER.match(text, at):
        name, token, quoted = parameter.groups()
        parameters[name.lower()] = quoted if token is None else token
        at = parameter.end()
    if at < len(text):
        return None
    return MediaType((found[1] or "*").lower(), (found[2] or "*").lower(), parameters)
