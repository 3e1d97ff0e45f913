"""One page for every bundled plugin, and one that lists them."""

import inspect

from tables import fields, table

from gopura.plugin import Plugin
from gopura.plugin.discovery import discover

HEAD = """# Plugins

The plugins that are there, with Kong's names, settings and priorities; a higher priority runs first.
"""


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
    return f"# {plugin.name}\n\n{text}\n\n{facts}\n\n## Configuration\n\n{settings}"
