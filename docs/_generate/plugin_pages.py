"""One page for every bundled plugin, and one that lists them."""

import inspect
import json
import shlex
from pathlib import Path

from tables import fields, table

from gopura.plugin import Plugin
from gopura.plugin.discovery import discover

HEAD = """# Plugins

The plugins that are there, with Kong's names, settings and priorities; a higher priority runs first. Each page has an
example, which the tests follow, for the service `files` and its route of
[the first steps](../../tutorial/first-route.md).
"""
EFFECTS = Path(__file__).parents[1] / "_plugins"


def pages() -> dict[str, str]:
    """The pages by their paths."""
    found = [plugin for _, plugin in sorted(discover().plugins.items())]
    return {"plugins/index.md": _index(found)} | {f"plugins/{p.name}.md": _page(p) for p in found}


def _about(plugin: type[Plugin]) -> str:
    text = inspect.getdoc(inspect.getmodule(plugin)) or ""
    return text.splitlines()[0] if text else ""


def _index(found: list[type[Plugin]]) -> str:
    rows = [(f"[{p.name}]({p.name}.md)", str(p.priority), _about(p)) for p in found]
    return f"{HEAD}\n{table(('plugin', 'priority', 'what it does'), rows)}"


def _page(plugin: type[Plugin]) -> str:
    text = inspect.getdoc(inspect.getmodule(plugin)) or ""
    phases = ", ".join(f"`{phase}`" for phase in plugin.phases()) or "none"
    protocols = ", ".join(f"`{protocol}`" for protocol in plugin.protocols)
    facts = f"Priority {plugin.priority}; phases: {phases}; protocols: {protocols}."
    shape = plugin.Config.shape()
    settings = fields(shape) if shape.fields else "It has no settings."
    return f"# {plugin.name}\n\n{text}\n\n{facts}\n\n{_example(plugin)}\n\n## Configuration\n\n{settings}"


def _example(plugin: type[Plugin]) -> str:
    """How it is configured, and what one sees then."""
    place = "plugins" if plugin.no_service else "services/files/plugins"
    body = json.dumps({"name": plugin.name, "config": plugin.example}, indent=2)
    effect = (EFFECTS / f"{plugin.name}.md").read_text()
    return f"## Example\n\n```sh\ncurl localhost:8001/{place} --json {shlex.quote(body)}\n```\n\n{effect}"
