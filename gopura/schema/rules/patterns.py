"""Rules that match text.

`/schemas` shows patterns in Lua's notation, as clients know them; what validates is the Python expression beside it.
"""

import re
from dataclasses import dataclass
from typing import Any

from gopura.schema.rule import Rule


@dataclass(frozen=True)
class Pattern:
    """One pattern: as shown (Lua), as run (Python; the same text when not given), and its message."""

    lua: str
    regex: str = ""
    err: str = ""

    @property
    def portable(self) -> str:
        """The pattern in the notation that JSON Schema takes."""
        return (self.regex or self.lua).replace(r"\Z", "$")

    def found(self, value: str) -> bool:
        """Whether the pattern occurs in the value."""
        return re.search(self.regex or self.lua, value) is not None


class StartsWith(Rule):
    """Begins with this text."""

    key = "starts_with"
    order = 13

    def __init__(self, start: str) -> None:
        self.start = start

    def problem(self, value: Any) -> str | None:
        """Compare the beginning."""
        return None if value.startswith(self.start) else f"should start with: {self.start}"

    def shown(self) -> dict[str, Any]:
        """The text."""
        return {"starts_with": self.start}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"pattern": f"^{re.escape(self.start)}"}


class NotMatch(Rule):
    """Does not match a pattern."""

    key = "not_match"
    order = 14

    def __init__(self, lua: str, regex: str = "") -> None:
        self.pattern = Pattern(lua, regex)

    def problem(self, value: Any) -> str | None:
        """Search."""
        return f"invalid value: {value}" if self.pattern.found(value) else None

    def shown(self) -> dict[str, Any]:
        """The pattern."""
        return {"not_match": self.pattern.lua}


class MatchNone(Rule):
    """Matches none of the patterns; each has its own message."""

    key = "match_none"
    order = 15

    def __init__(self, *patterns: Pattern) -> None:
        self.patterns = patterns

    def problem(self, value: Any) -> str | None:
        """The message of the first that matches."""
        return next((pattern.err for pattern in self.patterns if pattern.found(value)), None)

    def shown(self) -> dict[str, Any]:
        """Patterns and messages."""
        return {"match_none": [{"pattern": pattern.lua, "err": pattern.err} for pattern in self.patterns]}


class Match(Rule):
    """Matches a pattern."""

    key = "match"
    order = 16

    def __init__(self, lua: str, regex: str = "", err: str | None = None) -> None:
        self.pattern = Pattern(lua, regex)
        self.err = err

    def problem(self, value: Any) -> str | None:
        """Search."""
        return None if self.pattern.found(value) else self.err or f"invalid value: {value}"

    def shown(self) -> dict[str, Any]:
        """The pattern, and the special wording."""
        return {"match": self.pattern.lua} | ({"err": self.err} if self.err else {})

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"pattern": self.pattern.portable}


class MatchAll(Rule):
    """Matches every pattern; each has its own message."""

    key = "match_all"
    order = 17

    def __init__(self, *patterns: Pattern) -> None:
        self.patterns = patterns

    def problem(self, value: Any) -> str | None:
        """The message of the first that does not match."""
        return next((pattern.err for pattern in self.patterns if not pattern.found(value)), None)

    def shown(self) -> dict[str, Any]:
        """Patterns and messages."""
        return {"match_all": [{"pattern": pattern.lua, "err": pattern.err} for pattern in self.patterns]}


class MatchAny(Rule):
    """Matches at least one of the patterns, which share a message."""

    key = "match_any"
    order = 18

    def __init__(self, *patterns: Pattern, err: str = "") -> None:
        self.patterns = patterns
        self.err = err

    def problem(self, value: Any) -> str | None:
        """Search until one matches."""
        if any(pattern.found(value) for pattern in self.patterns):
            return None
        return self.err or f"invalid value: {value}"

    def shown(self) -> dict[str, Any]:
        """Patterns and message."""
        shown: dict[str, Any] = {"patterns": [pattern.lua for pattern in self.patterns]}
        return {"match_any": shown | ({"err": self.err} if self.err else {})}
