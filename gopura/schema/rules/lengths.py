"""Rules about the length of a string (in bytes), a list or a map."""

from typing import Any, ClassVar

from gopura.schema.rule import Rule


class Length(Rule):
    """A length compared with a limit."""

    words: ClassVar[str]

    def __init__(self, limit: int, err: str | None = None) -> None:
        self.limit = limit
        self.err = err

    def holds(self, length: int) -> bool:
        """Whether the length is fine."""
        raise NotImplementedError

    def problem(self, value: Any) -> str | None:
        """Measure."""
        length = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) else len(value)
        return None if self.holds(length) else self.err or f"length must be {self.words}{self.limit}"

    def shown(self) -> dict[str, Any]:
        """The limit."""
        return {self.key: self.limit}


class LenEq(Length):
    """Exactly this long."""

    key = "len_eq"
    order = 10
    words = ""

    def holds(self, length: int) -> bool:
        """Equal."""
        return length == self.limit


class LenMin(Length):
    """At least this long. `LenMin(0)` allows the empty string."""

    key = "len_min"
    order = 11
    words = "at least "

    def holds(self, length: int) -> bool:
        """Not shorter."""
        return length >= self.limit


class LenMax(Length):
    """At most this long."""

    key = "len_max"
    order = 12
    words = "at most "

    def holds(self, length: int) -> bool:
        """Not longer."""
        return length <= self.limit


class Bound(LenMax):
    """At most this many bytes, so that every database can index the value. Kong has its database refuse others."""

    order = -1

    def shown(self) -> dict[str, Any]:
        """Not a part of the entity's description."""
        return {}


MOST_INDEXED = 2000
"""Bytes of a unique text or of a tag."""
