"""`ngx.re`: regular expressions, by Python's `re`, which reads nearly all that PCRE does."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from gopura.plugin.lua.pdk.arguments import Misuse, data, text
from gopura.plugin.lua.pdk.provided import ANY, Call, provides
from gopura.plugin.lua.values import text_of

_FLAGS = {"i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
_REFERENCE = re.compile(rb"\$(?:(\$)|(\d+)|\{(\d+)\})")


@provides("ngx.re.find_groups", ANY)
def _find(_call: Call, subject: Any, pattern: Any, options: Any, start: Any) -> Any:
    """The groups by number and name, then where the match begins and ends (from 1), then the bounds of each group."""
    subject, options = data(subject), options or ""
    compiled, begin = _compiled(text("regex", pattern), options), max(int(start or 1) - 1, 0)
    found = compiled.match(subject, begin) if "a" in options else compiled.search(subject, begin)
    if found is None:
        return None
    groups: dict[Any, Any] = {
        number: False if group is None else text_of(group)
        for number, group in enumerate([found[0], *found.groups()])
    }
    groups |= {name: False if group is None else text_of(group) for name, group in found.groupdict().items()}
    bounds = [[found.start(number) + 1, found.end(number)] for number in range(len(found.groups()) + 1)]
    return groups, bounds


@provides("ngx.re.substitute", ANY)
def _substitute(_call: Call, subject: Any, pattern: Any, replacement: Any, options: Any, once: Any) -> Any:
    """The text with its replacements, and how many there were."""
    template = data(replacement)
    compiled = _compiled(text("regex", pattern), options or "")
    result, count = compiled.subn(
        lambda found: _filled(template, found), data(subject), count=1 if once else 0
    )
    return text_of(result), count


def _filled(template: bytes, found: re.Match[bytes]) -> bytes:
    def group(reference: re.Match[bytes]) -> bytes:
        if reference[1]:
            return b"$"
        number = int(reference[2] or reference[3])
        return (found[number] or b"") if number <= len(found.groups()) else b""

    return _REFERENCE.sub(group, template)


@lru_cache(maxsize=1000)
def _compiled(pattern: str, options: str) -> re.Pattern[bytes]:
    flags = re.RegexFlag(0)
    for option in options:
        flags |= _FLAGS.get(option, re.RegexFlag(0))
    try:
        return re.compile(
            data(pattern.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")), flags
        )
    except re.error as error:
        raise Misuse(f"the regular expression {pattern!r} cannot be read: {error}") from error
