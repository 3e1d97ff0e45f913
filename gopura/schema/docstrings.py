"""The strings that stand under attributes in a class's source, which describe them."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache

from gopura.schema.source import classes, file_of


def attribute_docstrings(owner: type) -> Mapping[str, str]:
    """For each attribute of the class and its bases the text under it; nothing when there is no source."""
    texts: dict[str, str] = {}
    for cls in reversed(owner.__mro__):
        file = file_of(cls)
        if file and cls.__module__ not in ("builtins", "pydantic.main"):
            texts.update(_in_file(file).get(cls.__qualname__.replace("<locals>.", ""), {}))
    return texts


@cache
def _in_file(file: str) -> Mapping[str, Mapping[str, str]]:
    return {name: dict(_texts(node)) for name, node in classes(file).items()}


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for before, after in zip(node.body, node.body[1:], strict=False):
        if not isinstance(before, ast.AnnAssign) or not isinstance(before.target, ast.Name):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield before.target.id, " ".join(str(after.value.value).split())
