"""How an invalid entity is reported: the exception, and the nested shape of its messages."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from gopura.schema import wording

type_messages = {
    "missing": wording.REQUIRED,
    "extra_forbidden": wording.UNKNOWN,
}

Tree = dict[str | int, Any]
"""Field name (or index, counted from 0) to a message or a deeper tree; `@entity` holds a list of messages."""


MOST_PROBLEMS = 1000
"""How many problems of one input are looked for and reported."""
MOST_WORDS = 2000
"""How long a message about one value may be, in characters; it often shows the value."""


class _Count:
    """The messages that rules have had about one input."""

    made = 0


_count: ContextVar[_Count | None] = ContextVar("count", default=None)


@contextmanager
def counted() -> Iterator[None]:
    """Look for MOST_PROBLEMS in what is validated inside."""
    token = _count.set(_Count())
    try:
        yield
    finally:
        _count.reset(token)


@contextmanager
def uncounted() -> Iterator[None]:
    """Look at all that is validated inside: it is a question, and its answer may be no without being a problem."""
    token = _count.set(None)
    try:
        yield
    finally:
        _count.reset(token)


def enough() -> bool:
    """Whether so much is wrong already that rules need not look any further: the input is refused anyway."""
    count = _count.get()
    return count is not None and count.made >= MOST_PROBLEMS


def _made() -> None:
    count = _count.get()
    if count is not None:
        count.made += 1


class SchemaViolation(Exception):  # noqa: N818 - the name that clients see in the body
    """The input is not a valid entity; `fields` holds every message, nested as the entity is."""

    code = 2
    name = "schema violation"

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = _first(fields, _Left(MOST_PROBLEMS))
        self.message = _in_one_line(self.fields)
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        """The answer's JSON body."""
        return {"code": self.code, "name": self.name, "message": self.message, "fields": self.fields}


def failure(message: str) -> PydanticCustomError:
    """A message about one value, as a rule raises it; what is no UTF-8 in it is escaped."""
    _made()
    message = message[:MOST_WORDS].encode("utf-8", "backslashreplace").decode()
    return PydanticCustomError("rule", "{message}", {"message": message})


def nested_failure(tree: Tree) -> PydanticCustomError:
    """Several messages about the inside of one value, as a record raises them."""
    _made()
    return PydanticCustomError("record", "{message}", {"message": "invalid record", "tree": tree})


def tree_of(error: ValidationError) -> Tree:
    """The messages of a failed validation, nested by where they were found."""
    tree: Tree = {}
    for detail in error.errors(include_url=False, include_input=False):
        if detail["loc"]:
            _place(tree, detail["loc"], _message(detail))
        else:
            tree.update(_message(detail))
    return tree


def _message(detail: ErrorDetails) -> Any:
    context = detail.get("ctx", {})
    if "tree" in context:
        return context["tree"]
    return type_messages.get(detail["type"], detail["msg"])


def _place(tree: Tree, loc: tuple[int | str, ...], message: Any) -> None:
    for step in loc[:-1]:
        tree = tree.setdefault(step, {})
    if isinstance(tree, dict):
        tree.setdefault(loc[-1], message)


def listed(tree: Any) -> Any:
    """The tree as JSON has it: indexed messages become lists with `null` in the gaps.

    Indices beside names stay keys, counted from 1.
    """
    if not isinstance(tree, dict):
        return tree
    if tree and all(isinstance(key, int) for key in tree):
        return [listed(tree.get(i)) for i in range(max(tree) + 1)]
    return {str(key + 1) if isinstance(key, int) else key: listed(value) for key, value in tree.items()}


class _Left:
    """How many messages may still be told."""

    def __init__(self, number: int) -> None:
        self.number = number


def _first(tree: Any, left: _Left) -> Any:
    """The tree without the messages that are too many."""
    if isinstance(tree, dict):
        return {key: _first(value, left) for key, value in tree.items() if left.number > 0}
    if isinstance(tree, list):
        return [_first(value, left) for value in tree if left.number > 0]
    left.number -= tree is not None
    return tree


def _in_one_line(fields: dict[str, Any]) -> str:
    lines = list(_lines(fields))
    if len(lines) == 1:
        return f"schema violation ({lines[0]})"
    return f"{len(lines)} schema violations ({'; '.join(lines)})"


def _lines(fields: dict[str, Any]) -> Any:
    yield from fields.get("@entity", ())
    for name in sorted(key for key in fields if key != "@entity"):
        yield from _field_lines(name, fields[name])


def _field_lines(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        for key in sorted(value):
            yield f"{name}.{key}: {wording.written(value[key])}"
    elif isinstance(value, list):
        for index, item in enumerate(value, 1):
            if item is not None:
                yield f"{name}.{index}: {wording.written(item)}"
    else:
        yield f"{name}: {value}"
