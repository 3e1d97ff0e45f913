"""Templates in configurations: text with `$(...)` in it, as Kong's request-transformer has them.

Between the parentheses stands an expression of Lua, which sees the values that the template is rendered with.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache

from gopura.plugin.lua import CodeError, Lua, Scope


class TemplateError(ValueError):
    """A template that cannot be read, or whose values do not fit."""


def render(template: str, scope: Scope, lua: Lua, written: Callable[[str], str] = str) -> str:
    """Put values into a template, each as `written` makes of it; raises TemplateError."""
    parts = compiled(template)
    return "".join(part if isinstance(part, str) else written(part.value(scope, lua)) for part in parts)


def has_expression(template: str) -> bool:
    """Whether there is code in it."""
    return "$(" in template


@lru_cache(maxsize=10_000)
def compiled(template: str) -> list[str | Expression]:
    """Split a template into texts and expressions; raises TemplateError."""
    parts: list[str | Expression] = []
    rest = template
    while (start := rest.find("$(")) >= 0:
        end = _closing(rest, start + 1)
        parts += [rest[:start], Expression(rest[start + 2 : end])]
        rest = rest[end + 1 :]
    return [*parts, rest]


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise TemplateError(f"a parenthesis is not closed in {text!r}")


class Expression:
    """One expression."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, scope: Scope, lua: Lua) -> str:
        """Say what it comes to; nothing for nil and false."""
        try:
            return lua.evaluate(self._text, self._names(scope.names), scope)
        except CodeError as error:
            raise TemplateError(f"{self._text!r}: {error}") from error

    @cache  # noqa: B019 - as many as there are kinds of values
    def _names(self, known: tuple[str, ...]) -> tuple[str, ...]:
        words = re.findall(r"[A-Za-z_]\w*", self._text)
        return tuple(name for name in known if name in words)
