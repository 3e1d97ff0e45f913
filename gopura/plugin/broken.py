"""Plugins that cannot be used."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pydantic

import gopura.plugins
from gopura.plugin.faults import Fault
from gopura.schema.description_error import DescriptionError
from gopura.schema.source import line_in

_PRODUCT = str(Path(gopura.plugins.__file__).parents[1])
_BUNDLED = str(Path(gopura.plugins.__file__).parent)
_FOREIGN = (_PRODUCT, str(Path(pydantic.__file__).parent), "<frozen importlib")
"""Where the frames of a traceback are that say nothing to the author of a plugin."""


@dataclass(frozen=True)
class Broken:
    """A plugin that cannot be used: where it is, what is wrong, how to mend it."""

    source: str
    line: int | None
    message: str
    fix: str

    @classmethod
    def by(cls, source: str, fault: Fault) -> Self:
        """What a fault of a class is to the source that the class came from."""
        return cls(fault.file or source, fault.line, fault.message, fault.fix)

    def __str__(self) -> str:
        """As one line of the log."""
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.message} ({self.fix})"


def explained(source: str, error: BaseException) -> Broken:
    """Point at the plugin's own line, not at the importer's."""
    if isinstance(error, SyntaxError):
        return Broken(error.filename or source, error.lineno, error.msg, "correct the syntax")
    file, line = _place(source, error)
    if isinstance(error, DescriptionError):
        line = line_in(file, error.owner, error.attribute) or line
        return Broken(file, line, error.message, error.fix)
    fix = "install what it imports" if isinstance(error, ImportError) else "correct it and reload"
    return Broken(file, line, f"{type(error).__name__}: {error}", fix)


def _place(source: str, error: BaseException) -> tuple[str, int | None]:
    """The last line that ran of the plugin itself, else of whatever it called."""
    frames = [it for it in traceback.extract_tb(error.__traceback__) if not _is_foreign(it.filename)]
    folder = str(Path(source).parent)
    own = [it for it in frames if it.filename.startswith(folder)] if Path(source).is_absolute() else []
    found = own or frames
    return (found[-1].filename, found[-1].lineno) if found else (source, None)


def _is_foreign(file: str) -> bool:
    return file.startswith(_FOREIGN) and not file.startswith(_BUNDLED)
