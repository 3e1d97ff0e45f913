"""What a YAML scalar means, as lyaml, the reader of Kong, has it: YAML 1.1, with its own idea of numbers."""

import math
import re
from collections.abc import Callable
from typing import Any

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_WORDS: dict[str, Any] = {
    word: value
    for value, words in ((True, ("true", "yes", "on")), (False, ("false", "no", "off")))
    for text in words
    for word in (text, text.capitalize(), text.upper())
}
_NOT_FINITE = {
    f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")
} | {word: float("nan") for word in (".nan", ".NaN", ".NAN")}
_PLAIN: dict[str, Any] = dict.fromkeys(NULLS) | _WORDS | _NOT_FINITE

_OCTAL = re.compile(r"[+-]?0_*[0-7][0-7_]*")
_DECIMAL = re.compile(r"[+-]?_*[0-9][0-9_]*")
_FLOAT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_HEXADECIMAL = re.compile(r"[+-]?0x_*[0-9a-fA-F][0-9a-fA-F_]*")
_BINARY = re.compile(r"[+-]?0b_*[01][01_]+")
_SEXAGESIMAL = re.compile(r"([+-]?)([0-9]+:[0-5]?[0-9][:0-9]*)(\.[0-9]+)?")
_NUMERIC = frozenset("+-._0123456789")
"""What a number may begin with."""
_DIGITS_LIMIT = 4300
"""Longer ones take more than linear time; as in Python itself."""


def implicit(text: str) -> Any:
    """The value of a scalar without quotes."""
    if text in _PLAIN:
        return _PLAIN[text]
    if text[0] not in _NUMERIC or len(text) > _DIGITS_LIMIT:
        return text
    found = _number(text, (_octal, _decimal, _float, _hexadecimal, _binary, _sexagesimal))
    return text if found is None else found


def explicit(tag: str, text: str) -> Any:
    """The value of a scalar with one of the `TAGS`; ValueError when it has none."""
    if tag == "str":
        return text
    if tag == "null":
        return None
    if tag == "bool":
        words = _WORDS | {"y": True, "Y": True, "n": False, "N": False}
        found = words.get(text)
    elif tag == "float" and text in _NOT_FINITE:
        return _NOT_FINITE[text]
    else:
        found = _number(
            text,
            (_octal, _decimal, _hexadecimal, _binary, _sexagesimal, _float)[: 6 if tag == "float" else 5],
        )
    if found is None or len(text) > _DIGITS_LIMIT:
        raise ValueError(f"`{text[:50]}` is no {tag}")
    return found


TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("bool", "float", "int", "null", "str")}


def _number(text: str, kinds: tuple[Callable[[str], int | float | None], ...]) -> int | float | None:
    return next((found for kind in kinds if (found := kind(text)) is not None), None)


def _octal(text: str) -> int | float | None:
    return _bounded(int(text.replace("_", ""), 8)) if _OCTAL.fullmatch(text) else None


def _decimal(text: str) -> int | float | None:
    return _bounded(int(text.replace("_", ""))) if _DECIMAL.fullmatch(text) else None


def _float(text: str) -> int | float | None:
    return _whole(float(plain)) if _FLOAT.fullmatch(plain := text.replace("_", "")) else None


def _hexadecimal(text: str) -> int | float | None:
    return _bounded(int(text.replace("_", ""), 16)) if _HEXADECIMAL.fullmatch(text) else None


def _binary(text: str) -> int | float | None:
    return _bounded(int(text.replace("_", ""), 2)) if _BINARY.fullmatch(text) else None


def _sexagesimal(text: str) -> int | float | None:
    """`190:20:30`, as in times and angles."""
    match = _SEXAGESIMAL.fullmatch(text)
    if match is None:
        return None
    total = 0
    for digits in match[2].split(":"):
        total = total * 60 + int(digits) if digits else total
    value = _whole(total + float(match[3])) if match[3] else _bounded(total)
    return -value if match[1] == "-" else value


def _whole(value: float) -> int | float:
    """Lua has one kind of numbers: `6e4` is 60000. Whole is what doubles hold exactly."""
    return int(value) if value.is_integer() and abs(value) < 1 << 53 else value


def _bounded(value: int) -> int | float:
    """A double, as Lua has it, for what is beyond the integers of JSON and of the databases."""
    if abs(value) < 1 << 63:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
