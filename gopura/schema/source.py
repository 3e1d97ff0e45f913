"""Where classes and their attributes stand in source files."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path


def file_of(owner: type) -> str | None:
    """The file of the class's module; None when it has none."""
    return getattr(sys.modules.get(owner.__module__), "__file__", None)


def line_of(owner: type, attribute: str = "") -> int | None:
    """The line of a class statement, or of an attribute in it."""
    file = file_of(owner)
    return line_in(file, owner.__qualname__, attribute) if file else None


def line_in(file: str, qualname: str, attribute: str = "") -> int | None:
    """The same for a class that could not be made; None when it is not there."""
    found = classes(file).get(qualname.replace("<locals>.", ""))
    if found is None:
        return None
    lines = (node.lineno for node in found.body if attribute in _names(node))
    return next(lines, found.lineno)


def classes(file: str) -> dict[str, ast.ClassDef]:
    """The class statements of a file by qualified name, without the marks of functions around them."""
    try:
        return dict(_classes(ast.parse(Path(file).read_bytes()), ""))
    except (OSError, SyntaxError):
        return {}


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, child
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            yield from _classes(child, f"{prefix}{child.name}.")


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return [target.id for target in targets if isinstance(target, ast.Name)]
