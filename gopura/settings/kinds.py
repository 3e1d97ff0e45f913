"""How the text of a setting becomes a value, and which texts are allowed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from gopura.settings.listen import HTTP_FLAGS, Listener, parse_listen

_SIZE = re.compile(r"\d+[kKmMgG]?")
_DURATION = re.compile(r"(\d+(ms|[smhdwMy])?)+")
_SWITCH = {"on": True, "true": True, "off": False, "false": False}


class Kind(Protocol):
    """Parses one setting's text; `parse` raises ValueError that says what is allowed."""

    def parse(self, text: str) -> Any:
        """Value of a text that is not empty."""
        ...

    def describe(self) -> str:
        """What is allowed, for the reference page and for errors."""
        ...


@dataclass(frozen=True)
class Text:
    """Any text, or one that matches a pattern."""

    pattern: str | None = None
    form: str = "text"

    def parse(self, text: str) -> str:
        """Return the text itself."""
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            raise ValueError(self.describe())
        return text

    def describe(self) -> str:
        """Name the form that is expected."""
        return self.form


@dataclass(frozen=True)
class LogPath:
    """Where a log goes; a name of a format may follow, as in nginx."""

    has_format: bool = False

    def parse(self, text: str) -> str:
        """Return the path, with the format where one may be chosen."""
        if text.startswith("syslog:"):
            raise ValueError(self.describe())
        return " ".join(text.split()[: 2 if self.has_format else 1])

    def describe(self) -> str:
        """Name the forms of a destination."""
        return "a path (relative to the prefix), `off`, `/dev/stdout` or `/dev/stderr`"


@dataclass(frozen=True)
class Flag:
    """A boolean: on/off or true/false."""

    def parse(self, text: str) -> bool:
        """Return True or False."""
        if (value := _SWITCH.get(text.lower())) is None:
            raise ValueError(self.describe())
        return value

    def describe(self) -> str:
        """Name the four words."""
        return "`on` or `off` (also `true`, `false`)"


@dataclass(frozen=True)
class OnOff:
    """nginx's switch, which stays a word."""

    def parse(self, text: str) -> str:
        """Return `on` or `off`."""
        return "on" if Flag().parse(text) else "off"

    def describe(self) -> str:
        """Name the two words."""
        return "`on` or `off`"


@dataclass(frozen=True)
class Number:
    """A number within bounds; `whole` refuses fractions."""

    least: float | None = None
    most: float | None = None
    whole: bool = True

    def parse(self, text: str) -> int | float:
        """Return an int where the text is one, else a float."""
        try:
            value: int | float = int(text)
        except ValueError:
            try:
                value = float(text)
            except ValueError:
                raise ValueError(self.describe()) from None
        if self._outside(value):
            raise ValueError(self.describe())
        return value

    def _outside(self, value: float) -> bool:
        below = self.least is not None and value < self.least
        above = self.most is not None and value > self.most
        return value != value or below or above or (self.whole and not isinstance(value, int))

    def describe(self) -> str:
        """Name the bounds."""
        noun = "a whole number" if self.whole else "a number"
        if self.least is not None and self.most is not None:
            return f"{noun} from {self.least:g} to {self.most:.10g}"
        if self.least is not None:
            return f"{noun}, {self.least:.10g} or greater"
        return noun


@dataclass(frozen=True)
class OneOf:
    """One word out of a few."""

    words: tuple[str, ...]

    def __init__(self, *words: str) -> None:
        object.__setattr__(self, "words", words)

    def parse(self, text: str) -> str:
        """Return the word."""
        if text not in self.words:
            raise ValueError(self.describe())
        return text

    def describe(self) -> str:
        """Name the words."""
        return "one of " + ", ".join(f"`{word}`" for word in self.words)


@dataclass(frozen=True)
class ListOf:
    """Values separated by commas; an unset list is empty."""

    item: Kind = Text()

    def parse(self, text: str) -> list[Any]:
        """Return the values in order."""
        return [self.item.parse(part.strip()) for part in text.split(",") if part.strip()]

    def describe(self) -> str:
        """Name the form of each value."""
        return f"a comma-separated list of: {self.item.describe()}"


@dataclass(frozen=True)
class Listen:
    """Addresses to listen on; the value keeps the entries as text, as the Admin API shows them."""

    flags: tuple[str, ...] = HTTP_FLAGS

    def parse(self, text: str) -> list[str]:
        """Check every entry and return the entries."""
        entries = [entry.strip() for entry in text.split(",") if entry.strip()] or [text]
        parse_listen(entries, self.flags)
        return entries

    def listeners(self, entries: list[str]) -> list[Listener]:
        """Return the parsed addresses."""
        return parse_listen(entries, self.flags)

    def describe(self) -> str:
        """Name the form of a listen entry."""
        return "`off`, or entries `<ip>:<port>` with the flags " + ", ".join(f"`{f}`" for f in self.flags)


@dataclass(frozen=True)
class Measure:
    """An amount in nginx's notation, kept as text: a size (`8k`) or a time (`1d`, `500ms`)."""

    of: str

    def parse(self, text: str) -> str:
        """Check the notation."""
        if (_SIZE if self.of == "size" else _DURATION).fullmatch(text) is None:
            raise ValueError(self.describe())
        return text

    def describe(self) -> str:
        """Show the notation by example."""
        return (
            "a size such as `8k`, `10m` or `1g`"
            if self.of == "size"
            else "a time such as `500ms`, `60s` or `1d`"
        )
