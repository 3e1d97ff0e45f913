"""How an invalid entity is reported: the exception, and the nested shape of its messages."""

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


class SchemaViolation(Exception):  # noqa: N818 - the name that clients see in the body
    """The input is not a valid entity; `fields` holds every message, nested as the entity is."""

    code = 2
    name = "schema violation"

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """All messages in one line."""
        lines = list(_lines(self.fields))
        if len(lines) == 1:
            return f"schema violation ({lines[0]})"
        return f"{len(lines)} schema violations ({'; '.join(lines)})"

    def body(self) -> dict[str, Any]:
        """The answer's JSON body."""
        return {"code": self.code, "name": self.name, "message": self.message, "fields": self.fields}


def failure(message: str) -> PydanticCustomError:
    """A message about one value, as a rule raises it; what is no UTF-8 in it is escaped."""
    message = message.encode("utf-8", "backslashreplace").decode()
    return PydanticCustomError("rule", "{message}", {"message": message})


def nested_failure(tree: Tree) -> PydanticCustomError:
    """Several messages about the inside of one value, as a record raises them."""
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
