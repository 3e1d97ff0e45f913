"""What a document, and each entity in it, may say beside entities: fields that begin with an underscore."""

from collections.abc import Iterator, Mapping
from typing import Any

VERSIONS = ("1.1", "2.1", "3.0")
ENTITY_OPTIONS = ("_comment", "_ignore")
DOCUMENT_OPTIONS = ("_format_version", "_transform", *ENTITY_OPTIONS)


def option_problems(given: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What is wrong with the options of these names, each with its message."""
    for name in names:
        message = _CHECKS[name](given.get(name))
        if message is not None:
            yield name, message


def _version(value: Any) -> str | None:
    if value is None:
        return "required field missing"
    if not isinstance(value, str):
        return "expected a string"
    return None if value in VERSIONS else f"expected one of: {', '.join(VERSIONS)}"


def _flag(value: Any) -> str | None:
    return None if value is None or isinstance(value, bool) else "expected a boolean"


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return None
    return "length must be at least 1" if value == "" else "expected a string"


def _list(value: Any) -> str | None:
    return None if value in (None, {}) or isinstance(value, list) else "expected an array"


_CHECKS = {"_format_version": _version, "_transform": _flag, "_comment": _text, "_ignore": _list}
