"""YAML as Kong reads it: the first document, tags ignored but for scalars', and no bombs.

Built on the events of libyaml, without recursion, so that a document's depth costs no stack.
"""

from collections.abc import Iterator
from typing import Any

import yaml
from yaml._yaml import CParser

from gopura.declarative.scalars import TAGS, explicit, implicit

_DEPTH_LIMIT = 200
"""As deep as JSON can be written again."""
_ALIASED_LIMIT = 250_000
_ALIASED_RATIO = 10
"""Nodes that aliases may repeat: so many, or so many times what is written."""
_MERGE = "tag:yaml.org,2002:merge"

Event = Any


class YamlError(ValueError):
    """A text that is no YAML, or that this reader does not take. `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{line}:{column}: {message}")
        self.message, self.line, self.column = message, line, column


class _Frame:
    """A mapping or list that is being read. `key` is that of the next value if it is `keyed`.

    `odd` is the event of the first key that is no text; `began` is how many nodes there were before.
    """

    __slots__ = ("anchor", "began", "key", "keyed", "merging", "odd", "value")

    def __init__(self, value: Any, anchor: str | None, began: int) -> None:
        self.value, self.anchor, self.began = value, anchor, began
        self.key: Any = None
        self.keyed = self.merging = False
        self.odd: Event = None


def read(text: str | bytes) -> Any:
    """The value of the first document, None when there is none; YamlError when that cannot be done."""
    documents = 0
    reader = _Reader()
    for event in events(text):
        kind = type(event)
        if kind is yaml.DocumentStartEvent:
            documents += 1
        elif documents == 1 and kind not in (
            yaml.DocumentEndEvent,
            yaml.StreamEndEvent,
            yaml.StreamStartEvent,
        ):
            reader.take(event)
    return reader.found


def events(text: str | bytes) -> Iterator[Event]:
    """libyaml's events; YamlError where it stops."""
    try:
        parser = CParser(text)
        while (event := parser.get_event()) is not None:
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(": ".join(filter(None, (error.context, error.problem))), line, column) from None
    except yaml.YAMLError as error:
        raise YamlError(str(error).splitlines()[0], 1, 1) from None


class _Reader:
    def __init__(self) -> None:
        self.found: Any = None
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._written = self._aliased = 0

    def take(self, event: Event) -> None:
        """One event of the document."""
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._written += 1
            value = self._scalar(event)
            if event.anchor:
                self._anchors[event.anchor] = (value, 1)
            self._put(value, event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._begin({} if kind is yaml.MappingStartEvent else [], event)
        elif kind is yaml.AliasEvent:
            self._put(self._alias(event), event)
        else:
            self._end(event)

    def _begin(self, value: Any, event: Event) -> None:
        self._written += 1
        if len(self._stack) >= _DEPTH_LIMIT:
            raise _error(f"nested deeper than {_DEPTH_LIMIT}", event)
        if event.anchor:
            self._anchors[event.anchor] = None  # until it is whole
        self._stack.append(_Frame(value, event.anchor, self._written + self._aliased - 1))

    def _end(self, event: Event) -> None:
        frame = self._stack.pop()
        if type(event) is yaml.MappingEndEvent:
            frame.value = _as_lua(frame)
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.value, self._written + self._aliased - frame.began)
        self._put(frame.value, event)

    def _alias(self, event: Event) -> Any:
        if event.anchor not in self._anchors:
            raise _error(f"nothing has the anchor `{event.anchor}`", event)
        anchored = self._anchors[event.anchor]
        if anchored is None:
            raise _error(f"`*{event.anchor}` stands within what it names", event)
        self._aliased += anchored[1]
        if self._aliased > max(_ALIASED_LIMIT, _ALIASED_RATIO * self._written):
            raise _error("aliases repeat more than a document may hold", event)
        return anchored[0]

    def _put(self, value: Any, event: Event) -> None:
        if not self._stack:
            self.found = value
            return
        frame = self._stack[-1]
        if type(frame.value) is list:
            frame.value.append(value)
        elif not frame.keyed:
            self._key(frame, value, event)
        else:
            frame.keyed = False
            if frame.merging:
                _merge(frame.value, value, event)
            else:
                frame.value[frame.key] = value

    def _key(self, frame: _Frame, key: Any, event: Event) -> None:
        if isinstance(key, dict | list):
            raise _error("a key is a text, not a mapping or a list", event)
        frame.key, frame.keyed = key, True
        if type(key) is not str and frame.odd is None:
            frame.odd = event
        frame.merging = key == "<<" or getattr(event, "tag", None) == _MERGE

    def _scalar(self, event: Event) -> Any:
        if (tag := TAGS.get(event.tag)) is not None:
            try:
                return explicit(tag, event.value)
            except ValueError as error:
                raise _error(str(error), event) from None
        return event.value if event.style else implicit(event.value)


def _error(message: str, event: Event) -> YamlError:
    return YamlError(message, event.start_mark.line + 1, event.start_mark.column + 1)


def _merge(into: dict[Any, Any], value: Any, event: Event) -> None:
    """`<<`: what is not there yet, from a mapping or from several."""
    for one in value if isinstance(value, list) else [value]:
        if not isinstance(one, dict):
            raise _error("`<<` takes mappings", event)
        for key in one:
            into.setdefault(key, one[key])


def _as_lua(frame: _Frame) -> Any:
    """With texts as keys. Lua has no lists, so that the keys 1, 2, 3 make one; other keys have no meaning."""
    if frame.odd is None:
        return frame.value
    numbers = range(1, len(frame.value) + 1)
    if all(type(key) is int and key in numbers for key in frame.value):
        return [frame.value[number] for number in numbers]
    raise _error(
        f"the key `{getattr(frame.odd, 'value', 'of an alias')}` is no text; write it in quotes", frame.odd
    )
