"""Finding plugins: bundled modules, entry points and files in folders; a broken one stops nothing else."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from inspect import iscoroutinefunction, signature
from pathlib import Path
from types import ModuleType

import gopura.plugins
from gopura.plugin.lifecycle import PHASES, Plugin

ENTRY_POINTS = "gopura.plugins"
STREAM_PROTOCOLS = frozenset({"tcp", "tls", "udp", "tls_passthrough"})
FOLDER_MODULES = "gopura.plugins_path"
"""Files of a folder are imported as modules below this name."""


@dataclass(frozen=True)
class Broken:
    """A plugin that cannot be used: where it is, what is wrong, how to mend it."""

    source: str
    line: int | None
    message: str
    fix: str

    def __str__(self) -> str:
        """As one line of the log."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.message} ({self.fix})"


@dataclass
class Found:
    """What discovery came to: usable plugins by name, and broken ones."""

    plugins: dict[str, type[Plugin]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)


def discover(enabled: Iterable[str] = ("bundled",), folders: Iterable[str | Path] = ()) -> Found:
    """Import every plugin that the settings `plugins` and `plugins_path` ask for."""
    names, found = set(enabled), Found()
    if names == {"off"}:
        return found
    for source, load in bundled():
        _add(found, source, load, lambda name: name in names or "bundled" in names)
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        if point.name in names:
            _add(found, f"entry point {point.name}", partial(_module_of, point), names.__contains__)
    for path in _files(folders):
        _add(found, str(path), partial(_load_file, path), lambda _name: True)
    for name in sorted(names - set(found.plugins) - {"bundled", "off"}):
        found.broken.append(_missing(name))
    return found


def bundled() -> Iterator[tuple[str, Callable[[], ModuleType]]]:
    """The modules that come with gopura, each with the way to load it."""
    for module in pkgutil.iter_modules(gopura.plugins.__path__):
        name = f"{gopura.plugins.__name__}.{module.name}"
        yield name, partial(importlib.import_module, name)


def plugins_in(module: ModuleType) -> Iterator[type[Plugin]]:
    """The plugin classes that a module defines, not those that it imports."""
    for value in vars(module).values():
        own = isinstance(value, type) and value.__module__ == module.__name__
        if own and issubclass(value, Plugin) and "name" in vars(value):
            yield value


def _add(found: Found, source: str, load: Callable[[], ModuleType], wanted: Callable[[str], bool]) -> None:
    try:
        classes = list(plugins_in(load()))
    except Exception as error:
        found.broken.append(_explain(source, error))
        return
    if not classes:
        found.broken.append(Broken(source, None, "defines no plugin", "add `class X(Plugin, name=...)`"))
    for plugin in classes:
        problem = _problem(plugin, found)
        if problem:
            found.broken.append(Broken(source, _line_of(plugin), *problem))
        elif wanted(plugin.name):
            found.plugins[plugin.name] = plugin
            found.origins[plugin.name] = source


def _problem(plugin: type[Plugin], found: Found) -> tuple[str, str] | None:
    if plugin.name in found.plugins:
        return f"the name {plugin.name} is taken by {found.origins[plugin.name]}", "choose another name"
    unknown = [name for name in vars(plugin) if name in ("init_worker", "body", "header", "configure_phase")]
    if unknown:
        return f"{unknown[0]} is no phase", f"phases are {', '.join(PHASES)}"
    return next(filter(None, (_problem_of_phase(plugin, phase) for phase in plugin.phases())), None)


def _problem_of_phase(plugin: type[Plugin], phase: str) -> tuple[str, str] | None:
    """How a phase could not be called: found when the plugin is loaded, not when a request comes."""
    method = getattr(plugin, phase)
    wanted = signature(getattr(Plugin, phase)).parameters
    try:
        signature(method).bind(*wanted)
    except (TypeError, ValueError):
        return f"{phase} cannot be called with ({', '.join(wanted)})", "take these parameters"
    if phase == "body_filter" and iscoroutinefunction(method):
        return "body_filter is a coroutine", "write `def body_filter`: the body does not wait"
    if phase == "preread" and not STREAM_PROTOCOLS & set(plugin.protocols):
        return (
            "preread without a stream's protocol",
            'add `protocols=("tcp", "tls", "udp")` to the class statement',
        )
    return None


def _explain(source: str, error: Exception) -> Broken:
    """Point at the plugin's own line, not at the importer's."""
    message = f"{type(error).__name__}: {error}"
    if isinstance(error, SyntaxError):
        return Broken(error.filename or source, error.lineno, error.msg, "correct the syntax")
    frames = [it for it in traceback.extract_tb(error.__traceback__) if "importlib" not in it.filename]
    own = [it for it in frames if it.filename != __file__]
    fix = "install what it imports" if isinstance(error, ImportError) else "correct it and reload"
    place = own[-1] if own else None
    return Broken(place.filename if place else source, place.lineno if place else None, message, fix)


def _missing(name: str) -> Broken:
    fix = "install it, put its file into a folder of plugins_path, or take it out of `plugins`"
    return Broken("plugins", None, f"there is no plugin {name}", fix)


def _files(folders: Iterable[str | Path]) -> Iterator[Path]:
    for folder in folders:
        for path in sorted(Path(folder).expanduser().iterdir()):
            if path.name.startswith(("_", ".")):
                continue
            if path.suffix == ".py":
                yield path
            elif (path / "__init__.py").is_file():
                yield path / "__init__.py"


def _load_file(path: Path) -> ModuleType:
    stem = path.parent.name if path.name == "__init__.py" else path.stem
    name = f"{FOLDER_MODULES}.{stem}"
    spec = importlib.util.spec_from_file_location(name, path)
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


def _line_of(plugin: type[Plugin]) -> int | None:
    for value in vars(plugin).values():
        if code := getattr(value, "__code__", None):
            return int(code.co_firstlineno)
    return None
