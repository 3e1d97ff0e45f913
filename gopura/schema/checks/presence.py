"""Checks about which fields are filled in together."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from gopura.schema.checks.base import Check
from gopura.schema.field import Field
from gopura.schema.path import filled, value_at
from gopura.schema.violation import Tree
from gopura.schema.wording import quoted


class Presence(Check):
    """A check that counts filled fields."""

    words: ClassVar[str]

    def __init__(self, *names: str) -> None:
        self.names = names

    def sources(self) -> Sequence[str]:
        """All the names."""
        return self.names

    def holds(self, count: int) -> bool:
        """Whether this number of filled fields is fine."""
        raise NotImplementedError

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """Count."""
        count = sum(filled(value_at(row, name)) for name in self.names)
        return None if self.holds(count) else f"{self.words}: {quoted(self.names)}"

    def shown(self) -> Any:
        """The names."""
        return list(self.names)


class AtLeastOneOf(Presence):
    """One or more are filled."""

    key = "at_least_one_of"
    with_missing = True
    words = "at least one of these fields must be non-empty"

    def holds(self, count: int) -> bool:
        """Any."""
        return count > 0

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """Count, and say so when it is about a change."""
        message = super().problem(fields, row, tree, updating)
        return f"when updating, {message}" if message and updating else message


class OnlyOneOf(Presence):
    """Exactly one is filled."""

    key = "only_one_of"
    words = "exactly one of these fields must be non-empty"

    def holds(self, count: int) -> bool:
        """One."""
        return count == 1


class MutuallyRequired(Presence):
    """All are filled, or none."""

    key = "mutually_required"
    with_missing = True
    with_invalid = False
    words = "all or none of these fields must be set"

    def holds(self, count: int) -> bool:
        """All or none."""
        return count in (0, len(self.names))


class MutuallyExclusive(Presence):
    """At most one is filled."""

    key = "mutually_exclusive"
    with_missing = True
    with_invalid = False
    words = "only one or none of these fields must be set"

    def holds(self, count: int) -> bool:
        """None or one."""
        return count <= 1


class Distinct(Presence):
    """The filled ones hold different values."""

    key = "distinct"
    words = "values of these fields must be distinct"

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """Compare."""
        values = [value for value in (value_at(row, name) for name in self.names) if filled(value)]
        repeated = any(value in values[:index] for index, value in enumerate(values))
        return f"{self.words}: {quoted(self.names)}" if repeated else None


class MutuallyExclusiveSets(Check):
    """Fields of both sets are never filled together."""

    key = "mutually_exclusive_sets"
    with_missing = True
    with_invalid = False

    def __init__(self, set1: Sequence[str], set2: Sequence[str]) -> None:
        self.set1 = tuple(set1)
        self.set2 = tuple(set2)

    def sources(self) -> Sequence[str]:
        """Both sets."""
        return self.set1 + self.set2

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """Look for filled ones on both sides."""
        first, second = ([n for n in names if filled(value_at(row, n))] for names in (self.set1, self.set2))
        if first and second:
            return f"these sets are mutually exclusive: ({quoted(first)}), ({quoted(second)})"
        return None

    def shown(self) -> Any:
        """Both sets."""
        return {"set1": list(self.set1), "set2": list(self.set2)}
