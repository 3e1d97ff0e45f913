"""Templates in configurations: text with `$(...)` in it, as Kong's request-transformer has them.

Between the parentheses stands an expression of a small part of Lua: names, fields, indexes, strings, numbers, `..`,
`==`, `~=`, `not`, `and`, `or`, and calls of `type`, `tostring` and `tonumber`. Nothing else can be reached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

Environment = Mapping[str, Any]
Expression = Callable[[Environment], Any]

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"]*"|'[^']*')|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<sign>\.\.|==|~=|[.\[\]()]))"""
)
_WORDS = {"or", "and", "not", "nil", "true", "false"}


class TemplateError(ValueError):
    """A template that cannot be read."""


def render(template: str, environment: Environment) -> str:
    """Put values into a template; raises TemplateError."""
    return "".join(
        part if isinstance(part, str) else _shown(part(environment)) for part in compiled(template)
    )


@lru_cache(maxsize=10_000)
def compiled(template: str) -> list[str | Expression]:
    """Split a template into texts and expressions; raises TemplateError."""
    parts: list[str | Expression] = []
    rest = template
    while (start := rest.find("$(")) >= 0:
        end = _closing(rest, start + 1)
        parts += [rest[:start], _Parser(rest[start + 2 : end]).whole()]
        rest = rest[end + 1 :]
    return [*parts, rest]


def _closing(text: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if depth == 0:
            return at
    raise TemplateError(f"a parenthesis is not closed in {text!r}")


class _Parser:
    """Reads one expression, from what binds least to what binds most."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Expression:
        expression = self._or()
        if self._at < len(self._tokens):
            raise self._wrong()
        return expression

    def _or(self) -> Expression:
        left = self._and()
        while self._take("or"):
            left = _either(left, self._and())
        return left

    def _and(self) -> Expression:
        left = self._comparison()
        while self._take("and"):
            left = _both(left, self._comparison())
        return left

    def _comparison(self) -> Expression:
        left = self._concatenation()
        if self._take("=="):
            return _equal(left, self._concatenation(), True)
        if self._take("~="):
            return _equal(left, self._concatenation(), False)
        return left

    def _concatenation(self) -> Expression:
        left = self._primary()
        return _joined(left, self._concatenation()) if self._take("..") else left

    def _primary(self) -> Expression:
        if self._take("not"):
            inner = self._primary()
            return lambda environment: not _true(inner(environment))
        if self._take("("):
            inside = self._or()
            self._expect(")")
            return inside
        return self._suffixes(self._atom())

    def _atom(self) -> Expression:
        kind, text = self._next()
        constants = {"nil": None, "true": True, "false": False}
        if kind == "string":
            return _constant(text[1:-1])
        if kind == "number":
            return _constant(float(text) if "." in text else int(text))
        if text in constants:
            return _constant(constants[text])
        if kind != "name" or text in _WORDS:
            raise self._wrong()
        return lambda environment: environment.get(text, _FUNCTIONS.get(text))

    def _suffixes(self, value: Expression) -> Expression:
        while True:
            if self._take("."):
                value = _indexed(value, _constant(self._next()[1]))
            elif self._take("["):
                value = _indexed(value, self._or())
                self._expect("]")
            elif self._take("("):
                value = _called(value, self._or())
                self._expect(")")
            else:
                return value

    def _next(self) -> tuple[str, str]:
        if self._at >= len(self._tokens):
            raise self._wrong()
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, text: str) -> bool:
        here = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        if here[0] == "string" or here[1] != text:
            return False
        self._at += 1
        return True

    def _expect(self, text: str) -> None:
        if not self._take(text):
            raise self._wrong()

    def _wrong(self) -> TemplateError:
        return TemplateError(f"not an expression: {self._text!r}")


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise TemplateError(f"not an expression: {text!r}")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _true(value: Any) -> bool:
    return value is not None and value is not False


def _constant(value: Any) -> Expression:
    return lambda _environment: value


def _either(left: Expression, right: Expression) -> Expression:
    return lambda environment: value if _true(value := left(environment)) else right(environment)


def _both(left: Expression, right: Expression) -> Expression:
    return lambda environment: right(environment) if _true(value := left(environment)) else value


def _equal(left: Expression, right: Expression, wanted: bool) -> Expression:
    return lambda environment: (left(environment) == right(environment)) is wanted


def _joined(left: Expression, right: Expression) -> Expression:
    return lambda environment: _text(left(environment)) + _text(right(environment))


def _called(function: Expression, argument: Expression) -> Expression:
    return lambda environment: function(environment)(argument(environment))


def _indexed(value: Expression, key: Expression) -> Expression:
    return lambda environment: _field(value(environment), key(environment))


def _field(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        return value.get(key, value.get(str(key)))
    if isinstance(value, list) and isinstance(key, int):
        return value[key - 1] if 0 < key <= len(value) else None
    raise TemplateError(f"{key} of something that has no fields")


def _text(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return f"{value:.14g}" if isinstance(value, float) else str(value)
    raise TemplateError("only strings and numbers can be joined")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else ""
    return "" if value is None else _text(value)


def _type(value: Any) -> str:
    kinds: list[tuple[Any, str]] = [(bool, "boolean"), ((int, float), "number"), (str, "string")]
    return (
        "nil" if value is None else next((name for kind, name in kinds if isinstance(value, kind)), "table")
    )


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {"type": _type, "tonumber": _number, "tostring": _shown}
