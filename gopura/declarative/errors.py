"""What is wrong with a document, as one tree of messages."""

from typing import Any

from gopura.declarative.faults import Source, told
from gopura.schema.violation import listed
from gopura.store.errors import EntityError
from gopura.store.lua import inline

Tree = dict[str | int, Any]


class InvalidConfiguration(EntityError):  # noqa: N818 - named as the answer that it becomes
    """A document that cannot be loaded. `tree` has the messages where the faults are; lists count from 0."""

    code, name = 14, "invalid declarative configuration"

    def __init__(self, tree: Tree) -> None:
        fields: dict[str, Any] = listed(tree)
        super().__init__(f"declarative config is invalid: {inline(fields)}", fields)
        self.tree = tree
        self.source: Source | None = None

    def lines(self) -> list[str]:
        """Every fault with its place, such as `services[1].port: expected an integer`; lists count from 1.

        With a `source` it begins with the file, the line and the column.
        """
        return list(told(self.tree, self.source))


def put(tree: Tree, path: tuple[str | int, ...], message: Any) -> None:
    """Place a message (or a tree of them) at a path."""
    for step in path[:-1]:
        tree = tree.setdefault(step, {})
    if isinstance(tree, dict):
        tree[path[-1]] = message


def at(tree: Tree, path: tuple[str | int, ...]) -> Any:
    """What is placed at a path; None when nothing is."""
    found: Any = tree
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found
