"""Finding plugins: bundled modules, entry points and files in folders; a broken one stops nothing else."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType

import gopura.plugins
from gopura.plugin.broken import Broken, explained
from gopura.plugin.faults import Fault, first_fault, unresolved
from gopura.plugin.lifecycle import Plugin

ENTRY_POINTS = "gopura.plugins"
FOLDER_MODULES = "gopura.plugins_path"
"""Files of a folder are imported as modules below this name."""


@dataclass
class Found:
    """What discovery came to: usable plugins by name, and broken ones."""

    plugins: dict[str, type[Plugin]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    """Sources, such as a file's path, that have something broken."""

    def refuse(self, source: str, broken: Broken) -> None:
        """Keep what is wrong with a source."""
        self.broken.append(broken)
        self.refused.add(source)


def discover(enabled: Iterable[str] = ("bundled",), folders: Iterable[str | Path] = ()) -> Found:
    """Import every plugin that the settings `plugins` and `plugins_path` ask for."""
    names, found = set(enabled), Found()
    if names == {"off"}:
        return found
    for source, load in bundled():
        _add(found, source, load, lambda name: name in names or "bundled" in names, checked=True)
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        if point.name in names:
            _add(found, f"entry point {point.name}", partial(_module_of, point), names.__contains__)
    for path in _files(folders):
        _add(found, str(path), partial(_load_file, path), lambda _name: True)
    _resolve(found)
    for name in sorted(names - set(found.plugins) - {"bundled", "off"}):
        found.broken.append(_missing(name))
    return found


def bundled() -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    """The modules that come with gopura, each with the way to load it."""
    for module in pkgutil.iter_modules(gopura.plugins.__path__):
        name = f"{gopura.plugins.__name__}.{module.name}"
        yield name, partial(importlib.import_module, name)


def is_bundled(plugin: type[Plugin]) -> bool:
    """Whether it comes with gopura."""
    return plugin.__module__.startswith(f"{gopura.plugins.__name__}.")


def plugins_in(module: ModuleType) -> Iterator[type[Plugin]]:
    """The plugin classes that a module defines, not those that it imports."""
    for value in vars(module).values():
        own = isinstance(value, type) and value.__module__ == module.__name__
        if own and issubclass(value, Plugin) and "name" in vars(value):
            yield value


def _add(
    found: Found,
    source: str,
    load: Callable[[], ModuleType],
    wanted: Callable[[str], bool],
    *,
    checked: bool = False,
) -> None:
    """Take up the plugins of one source; those of the product are `checked`, and their names taken in any case."""
    try:
        classes = list(plugins_in(load()))
    except (Exception, SystemExit) as error:
        found.refuse(source, explained(source, error))
        return
    if not classes:
        found.refuse(source, Broken(source, None, "defines no plugin", "add `class X(Plugin, name=...)`"))
    for plugin in classes:
        fault = None if checked else first_fault(plugin) or _taken(plugin, found)
        if fault:
            found.refuse(source, Broken.by(source, fault))
            continue
        if checked or wanted(plugin.name):
            found.origins[plugin.name] = source
        if wanted(plugin.name):
            found.plugins[plugin.name] = plugin


def _taken(plugin: type[Plugin], found: Found) -> Fault | None:
    """A name that something else has already."""
    if plugin.name in found.origins:
        message = f"the name {plugin.name} is taken by {found.origins[plugin.name]}"
        return Fault(plugin, message, "choose another name")
    others = {name: origin for origin, names in _collections(found) for name in names}
    for model in plugin.entities:
        if (name := model.entity().name) in others:
            message = f"the entity {name} is there already, from {others[name]}"
            return Fault(model, message, "choose another name")
    return None


def _collections(found: Found) -> Iterator[tuple[str, list[str]]]:
    """The names of all entities, by what they come from."""
    from gopura import entities  # which stand on this module for the plugins' part of theirs

    yield "gopura", entities.own_names()
    for name, plugin in found.plugins.items():
        yield f"the plugin {name}", [model.entity().name for model in plugin.entities]


def _resolve(found: Found) -> None:
    """Take out the plugins whose entities refer to none, until all references lead somewhere."""
    added = {name: plugin for name, plugin in found.plugins.items() if plugin.entities}
    while added:
        known = {name for _, names in _collections(found) for name in names}
        faulty = {name: fault for name, plugin in added.items() if (fault := unresolved(plugin, known))}
        if not faulty:
            return
        for name, fault in faulty.items():
            source = found.origins.pop(name)
            found.refuse(source, Broken.by(source, fault))
            del added[name], found.plugins[name]


def _missing(name: str) -> Broken:
    fix = "install it, put its file into a folder of plugins_path, or take it out of `plugins`"
    return Broken("plugins", None, f"there is no plugin {name}", fix)


def _files(folders: Iterable[str | Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(Path(folder).expanduser().iterdir()):
            if path.name.startswith(("_", ".")) or _is_test(path):
                continue
            if path.suffix == ".py":
                yield path
            elif (path / "__init__.py").is_file():
                yield path / "__init__.py"


def _is_test(path: Path) -> bool:
    """Whether it is pytest's: tests may lie beside what they test."""
    return (
        path.name in ("conftest.py", "tests") or path.stem.startswith("test_") or path.stem.endswith("_test")
    )


def _load_file(path: Path) -> ModuleType:
    stem = path.parent.name if path.name == "__init__.py" else path.stem
    name = f"{FOLDER_MODULES}.{stem}"
    spec = importlib.util.spec_from_file_location(name, path.resolve())
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _module_of(point: importlib.metadata.EntryPoint) -> ModuleType:
    loaded = point.load()
    return loaded if isinstance(loaded, ModuleType) else sys.modules[loaded.__module__]
