"""`name:value` pairs, in which the transformers are told what to do."""

import re
from typing import Annotated

from gopura.schema.rules import Custom, Match
from gopura.schema.types.lua import syntax_problem
from gopura.schema.types.routing import header_name_problem

_PAIR = re.compile(r"([^:]+):*(.*)\Z", re.DOTALL)
_COLON = Match("^[^:]+:.*$", r"(?s)^[^:]+:.*\Z")


def _split(pair: str) -> tuple[str, str]:
    match = _PAIR.match(pair)
    return (match[1], match[2]) if match else ("", "")


def _header(pair: str) -> str | None:
    name, _ = _split(pair)
    return f"'{name}' is not a valid header" if header_name_problem(name) else None


def _header_rename(pair: str) -> str | None:
    _, new = _split(pair)
    return _header(pair) or (f"'{new}' is not a valid header" if header_name_problem(new) else None)


def _template(pair: str) -> str | None:
    name, value = _split(pair)
    if not value:
        return f"key '{name}' has no value"
    why = unfinished(value)
    return why and f"value '{value}' is not in supported format, error:{why}"


def unfinished(template: str) -> str | None:
    """Why a template with `$(...)` cannot be used, None when it can."""
    for opening in re.finditer(r"\$\(", template):
        inside = _parenthesised(template, opening.end())
        if inside is None:
            return "unclosed $( in template"
        why = syntax_problem(f"return {inside}")
        if why:
            return why
    return None


def _parenthesised(text: str, start: int) -> str | None:
    depth = 1
    for index in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[index], 0)
        if depth == 0:
            return text[start:index]
    return None


Headers = list[Annotated[str, Custom(_header)]]
HeaderPairs = list[Annotated[str, _COLON, Custom(_header)]]
HeaderRenames = list[Annotated[str, _COLON, Custom(_header_rename)]]
Pairs = list[Annotated[str, _COLON]]
TemplatePairs = list[Annotated[str, Custom(_template)]]
