"""Faults of a document for the people who wrote it: file, line and column, the entity's name, and what was meant."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from gopura.declarative.yaml_reader import YamlError, events

Path = tuple[str | int, ...]
Place = tuple[int, int]

_NAMES = ("name", "username", "custom_id", "id", "key", "target", "group")
_CONDITION = re.compile(r"failed conditional validation given value of field '([^']+)'")


@dataclass(frozen=True)
class Source:
    """What a document was read from: what to call it, its text, and what it came to."""

    name: str
    text: str | bytes
    document: Any = None


def told(tree: Mapping[str | int, Any], source: Source | None = None) -> Iterator[str]:
    """Every fault in a line, such as `kong.yml:4:5: services[1] (orders).port: expected an integer`; lists from 1."""
    faults = list(_faults(tree, ()))
    if source is None:
        yield from (f"{_shown(path)}: {message}" for path, message in faults)
        return
    found = _actual(source.document, faults)
    places = _places(source.text, {path for path, _ in found})
    for path, message in found:
        if path == ("error",):  # the text itself, which says where
            yield f"{source.name}: {message}"
            continue
        place = "".join(f":{number}" for number in places.get(path, ()))
        hint = _hint(path, message, source.document)
        yield f"{source.name}{place}: {_shown(path, source.document)}: {message}{hint}"


def _faults(tree: Any, path: Path) -> Iterator[tuple[Path, str]]:
    for step, message in tree.items():
        inside = path if step == "@entity" else (*path, step)
        for one in message if isinstance(message, list) else [message]:
            if isinstance(one, dict):
                yield from _faults(one, inside)
            else:
                yield inside, str(one)


def _shown(path: Path, document: Any = None) -> str:
    text, value = "", document
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}"
        value = _below(value, step)
        if isinstance(step, int) and isinstance(value, dict) and (name := _name(value)):
            text += f" ({name})"
    return text.removeprefix(".")


def _name(entity: Mapping[str, Any]) -> str | None:
    return next((str(entity[name])[:60] for name in _NAMES if isinstance(entity.get(name), str)), None)


def _below(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    inside = isinstance(value, list) and isinstance(step, int) and step < len(value)
    return value[step] if inside else None


def _actual(document: Any, faults: list[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """With numbers in the place of the names by which some faults call their entity."""
    found: list[tuple[Path, str]] = []
    for path, message in faults:
        section = _below(document, path[0])
        if len(path) == 2 and isinstance(path[1], str) and isinstance(section, list):
            own = (
                number
                for number, one in enumerate(section)
                if isinstance(one, dict) and path[1] in one.values()
            )
            found.append(((path[0], number) if (number := next(own, None)) is not None else path, message))
        else:
            found.append((path, message))
    return found


def _hint(path: Path, message: str, document: Any) -> str:
    if message == "unknown field" and isinstance(path[-1], str):
        close = difflib.get_close_matches(path[-1], _known(path[:-1], document), n=1)
        return f"; did you mean `{close[0]}`?" if close else ""
    if match := _CONDITION.fullmatch(message):
        value: Any = document
        for step in (*path, *match[1].split(".")):
            value = _below(value, step)
        return f" ({match[1]} is {'at its default' if value is None else repr(value)})"
    return ""


def _known(path: Path, document: Any) -> list[str]:
    """The fields of what is at a path: of the document, an entity, or a record in it."""
    from gopura import entities
    from gopura.declarative.expand import children
    from gopura.declarative.options import DOCUMENT_OPTIONS, ENTITY_OPTIONS

    known = dict(entities.all())
    names = [step for step in path if isinstance(step, str)]
    collections = [name for name in names if name in known]
    if not collections:
        return [*known, *DOCUMENT_OPTIONS]
    entity = known[collections[-1]]
    fields: Mapping[str, Any] = entity.fields
    value = document
    for step in path:
        value = _below(value, step)
        if isinstance(step, int) and isinstance(value, dict) and entity.variant_key:
            variant = entity.variants(str(value.get(entity.variant_key)))
            fields = {**fields, **(variant.fields if variant else {})}
    for name in names[len(names) - names[::-1].index(collections[-1]) :]:
        record = fields[name].record if name in fields else None
        fields = record.fields if record else {}
    nested = [name for name, _ in children(known, entity)] if names[-1] == collections[-1] else []
    return [*fields, *nested, *ENTITY_OPTIONS]


def _places(text: str | bytes, wanted: set[Path]) -> dict[Path, Place]:
    """Where the keys and items at these paths are written, or what is around them; lines and columns count from 1."""
    near = {path[:end] for path in wanted for end in range(len(path) + 1)}
    found: dict[Path, Place] = {}
    try:
        for path, place in _walk(text):
            if path in near:
                found.setdefault(path, place)
    except YamlError as error:
        return dict.fromkeys(wanted, (error.line, error.column))
    return {path: found[closest] for path in wanted if (closest := _closest(path, found)) is not None}


def _closest(path: Path, found: Mapping[Path, Place]) -> Path | None:
    return next((path[:end] for end in range(len(path), 0, -1) if path[:end] in found), None)


@dataclass
class _Level:
    """A mapping or list, and the step to what is read of it at the moment; None before a key and the first item."""

    is_mapping: bool
    step: str | int | None = None

    def begin(self, event: Any) -> bool:
        """Whether the node that begins is a key or an item, not a key's value."""
        if not self.is_mapping:
            self.step = self.step + 1 if isinstance(self.step, int) else 0
            return True
        if self.step is not None:
            return False
        self.step = str(getattr(event, "value", ""))
        return True


def _walk(text: str | bytes) -> Iterator[tuple[Path, Place]]:
    """The path of each key and item of the first document, where it begins."""
    levels: list[_Level] = []
    for event in events(text):
        kind = type(event)
        if kind is yaml.DocumentEndEvent:
            return
        ends = kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent)
        is_key = False
        if ends:
            levels.pop()
        elif isinstance(event, yaml.NodeEvent) and levels and levels[-1].begin(event):
            is_key = levels[-1].is_mapping
            mark: Any = event.start_mark
            yield (
                tuple(level.step for level in levels if level.step is not None),
                (mark.line + 1, mark.column + 1),
            )
        if kind in (yaml.MappingStartEvent, yaml.SequenceStartEvent):
            levels.append(_Level(kind is yaml.MappingStartEvent))
        elif levels and levels[-1].is_mapping and not is_key:
            levels[-1].step = None  # the value is whole
