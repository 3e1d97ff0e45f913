"""`ngx.re`: regular expressions in PCRE's syntax, in bounded time; subjects are bytes."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

from gopura._engine import MatchLimitError, Pattern
from gopura.plugin.lua.pdk.arguments import Misuse, data, text
from gopura.plugin.lua.pdk.provided import ANY, Call, provides
from gopura.plugin.lua.values import text_of
from gopura.schema import pattern as compiled

_Spans = list[tuple[int, int] | None]
_REFERENCE = Pattern(r"\$(?:(\$)|(\d+)|\{(\d+)\})")
_SECONDS = 0.5
"""How long all replacements in one text may take together."""


@provides("ngx.re.find_groups", ANY)
def _find(_call: Call, subject: Any, pattern: Any, options: Any, start: Any) -> Any:
    """The groups by number and name, then where the match begins and ends (from 1), then the bounds of each group."""
    subject, expression = data(subject), _compiled(text("regex", pattern), options or "")
    found = expression.find(subject, max(int(start or 1) - 1, 0))
    if found is None:
        return None
    groups: dict[Any, Any] = {
        number: False if span is None else text_of(subject[slice(*span)]) for number, span in enumerate(found)
    }
    groups |= {name: groups[number] for name, number in expression.names.items()}
    return groups, [[-1, -1] if span is None else [span[0] + 1, span[1]] for span in found]


@provides("ngx.re.substitute", ANY)
def _substitute(_call: Call, subject: Any, pattern: Any, replacement: Any, options: Any, once: Any) -> Any:
    """The text with its replacements, and how many there were."""
    subject, template = data(subject), data(replacement)
    expression = _compiled(text("regex", pattern), options or "")
    parts, kept, at, count, until = [], 0, 0, 0, time.monotonic() + _SECONDS
    while found := expression.find(subject, at):
        first, last = found[0] or (at, at)
        parts += [subject[kept:first], _filled(template, subject, found)]
        count, kept, at = count + 1, last, last + (first == last)
        if once:
            break
        if time.monotonic() > until:
            raise MatchLimitError("all replacements of ngx.re.gsub together take too long")
    return text_of(b"".join([*parts, subject[kept:]])), count


def _filled(template: bytes, subject: bytes, found: _Spans) -> bytes:
    parts, at = [], 0
    while reference := _REFERENCE.find(template, at):
        whole, dollar, *numbers = reference
        parts.append(template[at : whole[0] if whole else at])
        named = next((template[slice(*span)] for span in numbers if span), b"")
        parts.append(b"$" if dollar else _group(int(named), subject, found))
        at = whole[1] if whole else len(template)
    return b"".join([*parts, template[at:]])


def _group(number: int, subject: bytes, found: _Spans) -> bytes:
    span = found[number] if number < len(found) else None
    return subject[slice(*span)] if span else b""


@lru_cache(maxsize=1000)
def _compiled(pattern: str, options: str) -> Pattern:
    try:
        return compiled(pattern, options)
    except ValueError as error:
        raise Misuse(f"the regular expression {pattern!r} cannot be read: {error}") from error
