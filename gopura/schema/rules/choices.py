"""Rules that compare a value with given ones."""

from typing import Any

from gopura.schema import wording
from gopura.schema.rule import Rule
from gopura.schema.surroundings import surroundings


class Eq(Rule):
    """Exactly this value. `Eq(None)` allows only null."""

    key = "eq"
    order = 1

    def __init__(self, wanted: Any, err: str | None = None) -> None:
        self.wanted = wanted
        self.err = err

    def message(self) -> str:
        """The words of the refusal."""
        return self.err or f"value must be {wording.text(self.wanted)}"

    def problem(self, value: Any) -> str | None:
        """Compare, telling booleans from numbers."""
        same = value == self.wanted and isinstance(value, bool) == isinstance(self.wanted, bool)
        return None if same else self.message()

    def shown(self) -> dict[str, Any]:
        """The value, and the special wording."""
        return {"eq": self.wanted} | ({"err": self.err} if self.err else {})

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"const": self.wanted}


class Ne(Rule):
    """Anything but this value. `Ne(None)` refuses null."""

    key = "ne"
    order = 2

    def __init__(self, unwanted: Any, err: str | None = None) -> None:
        self.unwanted = unwanted
        self.err = err

    def message(self) -> str:
        """The words of the refusal."""
        return self.err or f"value must not be {wording.text(self.unwanted)}"

    def problem(self, value: Any) -> str | None:
        """Compare."""
        return self.message() if value == self.unwanted else None

    def shown(self) -> dict[str, Any]:
        """The value, and the special wording."""
        return {"ne": self.unwanted} | ({"err": self.err} if self.err else {})

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"not": {"const": self.unwanted}}


class NotOneOf(Rule):
    """None of these values."""

    key = "not_one_of"
    order = 3

    def __init__(self, *unwanted: Any) -> None:
        self.unwanted = unwanted

    def problem(self, value: Any) -> str | None:
        """Look the value up."""
        return f"must not be one of: {wording.listed(self.unwanted)}" if value in self.unwanted else None

    def shown(self) -> dict[str, Any]:
        """The list."""
        return {"not_one_of": list(self.unwanted)}

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"not": {"enum": list(self.unwanted)}}


class OneOf(Rule):
    """One of these values; those in `need_database` only where there is a database."""

    key = "one_of"
    order = 4

    def __init__(self, *values: Any, err: str | None = None, need_database: tuple[Any, ...] = ()) -> None:
        self.values = values
        self.err = err
        self.need_database = need_database

    @property
    def allowed(self) -> tuple[Any, ...]:
        """The values that are possible here."""
        if surroundings.database or not self.need_database:
            return self.values
        return tuple(value for value in self.values if value not in self.need_database)

    def problem(self, value: Any) -> str | None:
        """Look the value up."""
        if value in self.allowed:
            return None
        return self.err or f"expected one of: {wording.listed(self.allowed)}"

    def shown(self) -> dict[str, Any]:
        """The list, and the special wording."""
        return {"one_of": list(self.allowed)} | ({"err": self.err} if self.err else {})

    def limits(self) -> dict[str, Any]:
        """The same in JSON Schema."""
        return {"enum": list(self.allowed)}
