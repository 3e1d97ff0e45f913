"""How flat names of form and query fields become nested values: `a.b=`, `a[]=`, `a[1]=`, repeated names.

Kong's clients rely on every detail: indices count from 1, a repeated plain name makes a list, a name without
`=` is `true`, an ill-formed percent escape stays as it is.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus

MAX_ARGUMENTS = 1000

MAX_ESCAPES = 1 << 20
"""Percent signs in all of them: each takes as long to decode as a hundred other characters to read."""
MAX_LEVELS = 100
"""How deep one name may nest."""

Node = dict[str | int, Any]

_MOST_DIGITS = 9


class TooManyArguments(Exception):  # noqa: N818 - worded as the answer is
    """More fields than MAX_ARGUMENTS, a name of more than MAX_LEVELS, or more than MAX_ESCAPES."""


def parse(text: str) -> dict[str, Any]:
    """Read `a=1&b=2`: each name with its value, True when it has none, or a list when it is repeated."""
    if text.count("%") > MAX_ESCAPES:
        raise TooManyArguments
    pieces = (piece for piece in text.split("&") if piece and not piece.startswith("="))
    pairs = [piece.partition("=") for piece in islice(pieces, MAX_ARGUMENTS + 1)]
    if len(pairs) > MAX_ARGUMENTS:
        raise TooManyArguments
    return grouped((_decoded(name), _decoded(value) if equals else True) for name, equals, value in pairs)


def _decoded(text: str) -> str:
    # What is no UTF-8 must not look like something else: it stays recognisable for validation to refuse.
    return unquote_plus(text, errors="surrogateescape")


def grouped(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Collect repeated names into lists."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    """Unfold the names into a nested value; TooManyArguments for a name that nests too deep."""
    root: Node = {}
    for name, value in flat.items():
        if name.count(".") + name.count("[") > MAX_LEVELS:
            raise TooManyArguments
        _combine(root, _unfold(name, value))
    return {str(key): _closed(value) for key, value in root.items()}


def _unfold(name: str, value: Any) -> Node:
    if not name or name.startswith(".") or name.endswith("."):
        return {name: value}
    root: Node = {}
    node = root
    steps = [step for step in name.split(".") if step]
    for step in steps[:-1]:
        node = _place(node, step, {})
    _place(node, steps[-1], value)
    return root


def _place(node: Node, step: str, value: Any) -> Any:
    """Put the value under `step`, which may end in indices; returns what was put, to be filled further."""
    step, indices = _indices(step)
    if not indices:
        node[step] = value
        return value
    inner: Node = {}
    node[step] = inner
    for index in indices[:-1]:
        outer, inner = inner, {}
        outer[index or 1] = inner
    return _append(inner, indices[-1], value)


def _indices(step: str) -> tuple[str, list[int | None]]:
    """`a[1][]` is `a` with 1 and with the next free index."""
    found: list[int | None] = []
    while step.endswith("]") and (start := step.rfind("[")) > 0:
        digits = step[start + 1 : -1]
        if digits and not (digits.isdecimal() and len(digits) <= _MOST_DIGITS):
            break
        found.append(int(digits) if digits else None)
        step = step[:start]
    return step, found[::-1]


def _append(node: Node, index: int | None, value: Any) -> Any:
    if index is None and isinstance(value, list):
        node.update(enumerate(value, 1))
        return node
    node[1 if index is None else index] = value
    return value


def _combine(to: Node, more: Any) -> None:
    if isinstance(more, list):
        more = dict(enumerate(more, 1))
    if not isinstance(more, dict):
        to[_next(to)] = more
        return
    for key, value in more.items():
        if key not in to:
            to[key] = value
        else:
            to[key] = _opened(to[key])
            _combine(to[key], value)


def _opened(value: Any) -> Node:
    if isinstance(value, dict):
        return value
    return dict(enumerate(value if isinstance(value, list) else [value], 1))


def _next(node: Node) -> int:
    return next(index for index in range(1, len(node) + 2) if index not in node)


def _closed(value: Any) -> Any:
    """A node whose keys are 1, 2, 3 ... is a list; other indices stay keys, for the field to refuse."""
    if not isinstance(value, dict):
        return value
    if value and set(value) == set(range(1, len(value) + 1)):
        return [_closed(value[index]) for index in range(1, len(value) + 1)]
    return {str(key): _closed(item) for key, item in value.items()}
