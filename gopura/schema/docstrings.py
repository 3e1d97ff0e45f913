"""The strings that stand under attributes in a class's source, which describe them."""

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path


def attribute_docstrings(owner: type) -> Mapping[str, str]:
    """For each attribute of the class and its bases the text under it; nothing when there is no source."""
    texts: dict[str, str] = {}
    for cls in reversed(owner.__mro__):
        file = getattr(sys.modules.get(cls.__module__), "__file__", None)
        if file and cls.__module__ not in ("builtins", "pydantic.main"):
            texts.update(_in_file(file).get(cls.__qualname__.replace("<locals>.", ""), {}))
    return texts


@cache
def _in_file(file: str) -> Mapping[str, Mapping[str, str]]:
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError):
        return {}
    return {name: dict(_texts(node)) for name, node in _classes(tree, "")}


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            yield from _classes(child, f"{prefix}{child.name}.")


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for before, after in zip(node.body, node.body[1:], strict=False):
        if not isinstance(before, ast.AnnAssign) or not isinstance(before.target, ast.Name):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            yield before.target.id, " ".join(str(after.value.value).split())
