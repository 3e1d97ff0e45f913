"""The normal form of a path prefix."""

import re

_RESERVED = frozenset(b"!*'();:@&=+$,/?%#[]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def normalised(path: str) -> str:
    """Escapes of unreserved characters decoded, dot segments and empty segments removed."""
    return _without_dots(_ESCAPE.sub(_decoded, path))


def _decoded(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return match[0].upper() if code in _RESERVED else chr(code)


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
