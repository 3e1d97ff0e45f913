"""A check written as a function."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gopura.schema.checks.base import Check
from gopura.schema.field import UNSET, Field
from gopura.schema.path import put_at, value_at
from gopura.schema.violation import Tree


class CustomCheck(Check):
    """A function of the named fields, given as a dictionary that nests as the row does.

    It returns the message about the whole object, or None.
    """

    key = "custom_entity_check"

    def __init__(
        self,
        *sources: str,
        check: Callable[[dict[str, Any]], str | None],
        with_missing: bool = False,
        with_invalid: bool = False,
    ) -> None:
        self._sources = sources
        self.check = check
        self.with_missing = with_missing
        self.with_invalid = with_invalid

    def sources(self) -> Sequence[str]:
        """As given."""
        return self._sources

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """Ask the function."""
        chosen: dict[str, Any] = {}
        for path in self._sources:
            value = value_at(row, path)
            put_at(chosen, path, None if value is UNSET else value)
        return self.check(chosen)

    def shown(self) -> Any:
        """The fields, and when it runs."""
        flags = {"run_with_missing_fields": self.with_missing, "run_with_invalid_fields": self.with_invalid}
        return {"field_sources": list(self._sources)} | {name: True for name, on in flags.items() if on}
