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
[a larger plugin](../how-to/write-a-larger-plugin.md) show it in use, [`gopura.testing`](testing.md) has a gateway for
tests.
"""
LIFE = """## Life of a plugin

A node makes one instance, whose methods it calls in this order: `__init__`, `prepare` for each configuration,
`configure` with all of them, `start`; then come requests. `prepare` and `configure` come again when configurations
change. One that fails in `__init__` is left out; one that fails in `start` is not, and its requests may fail.

All requests share the instance. Phases written as `def` run on the node's worker threads, several at the same time:
what they change together needs a `threading.Lock`. Coroutines run one at a time. What belongs to one request lies in
`exchange.ctx`.

`self.log_to` is a `logging.Logger`, whose lines go to the error log. `log_level` is `notice` by default, so `info` is
not written: `self.log_to.log(NOTICE, "%s tokens", number)` is, with `NOTICE` from `gopura.plugin`.
"""
CLASSES = ("Exchange", "Request", "UpstreamRequest", "Response", "Headers", "Tls", "Entity")
STUB = Path(gopura.__file__).with_name("_engine.pyi")


def pages() -> dict[str, str]:
    """The page by its path."""
    chapters = [HEAD, LIFE, _phases(), _options(), *(_class(node) for node in _declared()), _node()]
    return {"plugin-api.md": "\n\n".join(chapters)}


def _phases() -> str:
    rows = [(_definition(phase), inspect.getdoc(getattr(Plugin, phase)) or "") for phase in PHASES]
    text = "All but `body_filter` may be `async def`. The diagram shows their order:"
    lifecycle = inspect.getdoc(inspect.getmodule(Plugin)) or ""
    order = "\n".join(line for line in lifecycle.splitlines() if "──" in line)
    phases = table(("method", "when it runs, and what it may do"), rows)
    return f"## Phases\n\n{text}\n\n```\n{order}\n```\n\n{phases}"


def _options() -> str:
    names = ("prepare", "configure", "start", "request_body_limit", "response_body_limit", "answer")
    rows = [(_definition(name), inspect.getdoc(getattr(Plugin, name)) or "") for name in names]
    return f"Methods that are no phases:\n\n{table(('method', 'meaning'), rows)}"


def _definition(name: str) -> str:
    """A method of plugins as its author writes it, with the configuration's own type."""
    written = (
        str(inspect.signature(getattr(Plugin, name)))
        .replace("'", "")
        .replace("config: Any", "config: Config")
    )
    for alias, meaning in (("Outcome", "Response | None"), ("Nothing", "None")):
        written = written.replace(f"-> {alias}", f"-> {meaning}")
    return f"`def {name}{written}`"


def _declared() -> Iterator[ast.ClassDef]:
    found = {node.name: node for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.ClassDef)}
    yield from (found[name] for name in CLASSES)


def _class(node: ast.ClassDef) -> str:
    members = "\n".join(_member(part) for part in node.body if _public(part))
    rows = [(f"`{part.name}`", text) for part in node.body if _public(part) and (text := _text(part))]
    meanings = table(("name", "meaning"), rows) if rows else ""
    return f"## {node.name}\n\n{ast.get_docstring(node)}\n\n```python\n{members}\n```\n\n{meanings}"


def _text(part: ast.stmt) -> str:
    return (ast.get_docstring(part) or "") if isinstance(part, ast.FunctionDef) else ""


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
