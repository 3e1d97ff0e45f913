"""The page for authors of plugins: phases from the lifecycle, and what the engine's stub declares."""

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path

from tables import table

import gopura
from gopura.plugin import PHASES, Node, Plugin
from gopura.plugin.cache import Cache
from gopura.plugin.http import HttpClient
from gopura.plugin.records import Records

HEAD = """# Writing plugins

All that a plugin needs is imported from `gopura.plugin`. [The tutorial](../tutorial/first-plugin.md) and
[a larger plugin](../how-to/write-a-larger-plugin.md) show it in use, `gopura.testing` has a gateway for tests.
"""
CLASSES = ("Exchange", "Request", "UpstreamRequest", "Response", "Headers", "Tls", "Entity")
STUB = Path(gopura.__file__).with_name("_engine.pyi")


def pages() -> dict[str, str]:
    """The page by its path."""
    chapters = [HEAD, _phases(), _options(), *(_class(node) for node in _declared()), _node()]
    return {"plugin-api.md": "\n\n".join(chapters)}


def _phases() -> str:
    rows = [(f"`{phase}`", inspect.getdoc(getattr(Plugin, phase)) or "") for phase in PHASES]
    return f"## Phases\n\n{table(('method', 'when it runs, and what it may do'), rows)}"


def _options() -> str:
    names = ("request_body_limit", "prepare", "configure", "start", "answer")
    rows = [(f"`{name}`", inspect.getdoc(getattr(Plugin, name)) or "") for name in names]
    return f"Methods that are no phases:\n\n{table(('method', 'meaning'), rows)}"


def _declared() -> Iterator[ast.ClassDef]:
    found = {node.name: node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef)}
    yield from (found[name] for name in CLASSES)


def _class(node: ast.ClassDef) -> str:
    members = "\n".join(_member(part) for part in node.body if _public(part))
    return f"## {node.name}\n\n{ast.get_docstring(node)}\n\n```python\n{members}\n```"


def _public(part: ast.stmt) -> bool:
    if isinstance(part, ast.FunctionDef):
        setter = any(isinstance(it, ast.Attribute) and it.attr == "setter" for it in part.decorator_list)
        return not part.name.startswith("_") and not setter
    return isinstance(part, ast.AnnAssign)


def _member(part: ast.stmt) -> str:
    if not isinstance(part, ast.FunctionDef):
        return ast.unparse(part)
    if any(isinstance(it, ast.Name) and it.id == "property" for it in part.decorator_list):
        return f"{part.name}: {ast.unparse(part.returns) if part.returns else 'Any'}"
    part.decorator_list = []
    return ast.unparse(part).partition("\n")[0].removesuffix(":").removesuffix(": ...")


def _node() -> str:
    """What `self.node` has, and what its parts have."""
    rows = [_row(name, getattr(Node, name)) for name in ("spawn", "every", "at_stop", "trusts")]
    rows += [_row(f"http.{name}", getattr(HttpClient, name)) for name in ("request",)]
    rows += [_row(f"cache.{name}", getattr(Cache, name)) for name in ("get", "set", "delete", "fetch")]
    rows += [
        _row(f"records.{name}", getattr(Records, name)) for name in ("find", "insert", "update", "delete")
    ]
    return f"## Node\n\n{inspect.getdoc(Node)}\n\n{table(('method', 'meaning'), rows)}"


def _row(name: str, function: Callable[..., object]) -> tuple[str, str]:
    parameters = ", ".join(name for name in inspect.signature(function).parameters if name != "self")
    return f"`{name}({parameters})`", inspect.getdoc(function) or ""
