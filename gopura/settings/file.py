"""Reads a configuration file: `key = value` lines as Kong reads its kong.conf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gopura.settings.source import Entry, Problem

_COMMENT_LINE = re.compile(r"\s*[#;]")
_TRAILING_COMMENT = re.compile(r"\s*(?<!\\)#.*$")
_CONTINUED = re.compile(r"\\\s*$")


def read_file(path: Path) -> tuple[list[Entry], list[Problem]]:
    """Return the entries of a file and the lines that are not entries.

    A `#` begins a comment unless a backslash stands before it; a backslash at the end continues the line.
    OSError when the file cannot be read.
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    for number, line in _logical_lines(path.read_text(encoding="utf-8", errors="replace")):
        source = f"{path}:{number}"
        key, equals, value = line.partition("=")
        if not equals or not key.strip():
            problems.append(Problem(line.strip(), source, "is not a setting; expected `key = value`"))
        else:
            entries.append(Entry(key.strip(), _value(value), source, "file"))
    return entries, problems


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or _COMMENT_LINE.match(line):
            continue
        first = first or number
        if _CONTINUED.search(line):
            held += _CONTINUED.sub("", line)
            continue
        yield first, held + line
        held, first = "", 0
    if held:
        yield first, held


def _value(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return _TRAILING_COMMENT.sub("", text).replace("\\#", "#").strip()
