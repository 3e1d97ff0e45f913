"""Documents of earlier formats, in which a path of a route was a regular expression by its looks."""

import re
from typing import Any

from gopura.schema.types.normal_path import escape_decoded, normalised

_EARLIER = ("1.1", "2.1")
_PLAIN = re.compile(r"[a-zA-Z0-9.\-_~/%]*\Z")
_ESCAPED_IN_REGEX = frozenset(".^-{}\\|")


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """The document in the present format; unchanged when it has that already, or none that is known."""
    if document.get("_format_version") not in _EARLIER:
        return document
    return {
        **document,
        "_format_version": "3.0",
        **({"routes": _each(document["routes"], _route)} if "routes" in document else {}),
        **({"services": _each(document["services"], _service)} if "services" in document else {}),
    }


def _each(section: Any, change: Any) -> Any:
    if not isinstance(section, list):
        return section
    return [change(one) if isinstance(one, dict) else one for one in section]


def _service(service: dict[str, Any]) -> dict[str, Any]:
    return {**service, "routes": _each(service["routes"], _route)} if "routes" in service else service


def _route(route: dict[str, Any]) -> dict[str, Any]:
    paths = route.get("paths")
    if not isinstance(paths, list):
        return route
    return {**route, "paths": [_path(path) if isinstance(path, str) else path for path in paths]}


def _path(path: str) -> str:
    if _PLAIN.match(path):
        return normalised(path)
    return "~" + escape_decoded(path, lambda char: f"\\{char}" if char in _ESCAPED_IN_REGEX else char)
