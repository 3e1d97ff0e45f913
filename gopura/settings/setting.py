"""What is known about one setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gopura.settings.kinds import Flag, Kind, Listen, ListOf, Number, OneOf, OnOff, Text

NOT_YET = "this release does not use it yet"


@dataclass(frozen=True)
class Setting:
    """One key of the configuration file.

    `default` is text as it would stand in the file; empty means unset. `inert` says why the key, though
    accepted for compatibility, changes nothing here. `alias` is the newer key that takes the value over.
    `dropped` is what nginx itself does without the directive, which `NONE` asks for; the default when None.
    """

    name: str
    kind: Kind
    default: str
    help: str
    secret: bool = False
    inert: str = ""
    alias: str = ""
    own: bool = False
    dropped: str | None = None

    def parse(self, text: str) -> Any:
        """Value of a text; empty text is unset (None, or an empty list)."""
        text = text.strip()
        if not text:
            return [] if isinstance(self.kind, ListOf | Listen) else None
        return self.kind.parse(text)

    @property
    def default_value(self) -> Any:
        """The default as a value."""
        return self.parse(self.default)

    @property
    def type_name(self) -> str:
        """One word for the reference page."""
        match self.kind:
            case Flag() | OnOff():
                return "boolean"
            case Number(whole=True):
                return "integer"
            case Number():
                return "number"
            case ListOf() | Listen():
                return "list"
            case OneOf():
                return "word"
            case Text():
                return "text"
        return "text"


@dataclass(frozen=True)
class Section:
    """A chapter of the reference page."""

    title: str
    settings: tuple[Setting, ...] = field(default_factory=tuple)
