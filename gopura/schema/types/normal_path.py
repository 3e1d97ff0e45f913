"""The normal form of a path prefix."""

import re
from collections.abc import Callable

_RESERVED = frozenset(b"!*'();:@&=+$,/?%#[]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def normalised(path: str) -> str:
    """Escapes of unreserved characters decoded, dot segments and empty segments removed."""
    return _without_dots(escape_decoded(path, str))


def escape_decoded(path: str, shown: Callable[[str], str]) -> str:
    """Escapes of unreserved characters become what `shown` makes of the character, those of others capitals."""

    def decoded(match: re.Match[str]) -> str:
        code = int(match[1], 16)
        return match[0].upper() if code in _RESERVED else shown(chr(code))

    return _ESCAPE.sub(decoded, path)


def _without_dots(path: str) -> str:
    if path in ("", "/") or ("." not in path and "//" not in path):
        return path
    kept: list[str] = []
    last = ""
    for last in path.split("/")[1:]:
        if last == "..":
            del kept[-1:]
        elif last not in (".", ""):
            kept.append(last)
    ending = "/" if last in (".", "..", "") else ""
    return "/" + "/".join(kept) + (ending if kept else "")
