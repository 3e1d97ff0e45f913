"""Checks of the form: if this field is so, then that field must be so."""

from collections.abc import Mapping, Sequence
from typing import Any

from gopura.schema import wording
from gopura.schema.checks.base import Check
from gopura.schema.checks.match import Match
from gopura.schema.field import UNSET, Field
from gopura.schema.path import field_at, filled, put_at, value_at
from gopura.schema.rule import Rule
from gopura.schema.violation import Tree


class Conditional(Check):
    """If a field matches, another field must match."""

    key = "conditional"

    def __init__(
        self,
        if_field: str,
        if_match: Rule,
        then_field: str,
        then_match: Rule | tuple[Rule, ...],
        then_err: str | None = None,
    ) -> None:
        self.if_field, self.if_match = if_field, Match(if_match)
        self.then_field = then_field
        self.then_match = Match(*then_match) if isinstance(then_match, tuple) else Match(then_match)
        self.then_err = then_err

    def sources(self) -> Sequence[str]:
        """Both fields."""
        return (self.if_field, self.then_field)

    def needed(self) -> Sequence[str]:
        """The condition."""
        return (self.if_field,)

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """File the message under the second field, and the reason under the object."""
        then_value = value_at(row, self.then_field)
        if not self.if_match.met(field_at(fields, self.if_field), value_at(row, self.if_field)):
            return None
        then_value = None if then_value is UNSET else then_value
        message = self.then_match.refusal(field_at(fields, self.then_field), then_value)
        if message is None:
            return None
        put_at(tree, self.then_field, message)
        missing = then_value is None and self.then_match.demands_presence()
        if self.then_err and not missing:
            return self.then_err.replace("%s", self.if_field)
        return f"failed conditional validation given value of field '{self.if_field}'"

    def shown(self) -> Any:
        """All parts."""
        shown = {
            "if_field": self.if_field,
            "if_match": self.if_match.shown(),
            "then_field": self.then_field,
            "then_match": self.then_match.shown(),
        }
        return shown | ({"then_err": self.then_err} if self.then_err else {})


class ConditionalAtLeastOneOf(Check):
    """If a field matches, at least one of some fields is filled; else another match with other fields."""

    key = "conditional_at_least_one_of"
    with_missing = True

    def __init__(
        self,
        if_field: str,
        if_match: Rule,
        then: Sequence[str],
        then_err: str | None = None,
        else_match: Rule | None = None,
        else_then: Sequence[str] = (),
        else_err: str | None = None,
    ) -> None:
        self.if_field = if_field
        self.branches = [(Match(if_match), tuple(then), then_err)]
        if else_match is not None:
            self.branches.append((Match(else_match), tuple(else_then), else_err))

    def sources(self) -> Sequence[str]:
        """The condition and all fields of both branches."""
        return (self.if_field, *(name for _, names, _ in self.branches for name in names))

    def problem(
        self, fields: Mapping[str, Field], row: Mapping[str, Any], tree: Tree, updating: bool
    ) -> str | None:
        """Take the first branch that matches."""
        value = value_at(row, self.if_field)
        if value is UNSET:
            return None
        for match, names, err in self.branches:
            if match.met(field_at(fields, self.if_field), value):
                return self._missing(row, names, err, updating)
        return None

    def _missing(
        self, row: Mapping[str, Any], names: Sequence[str], err: str | None, updating: bool
    ) -> str | None:
        if any(filled(value_at(row, name)) for name in names):
            return None
        if err:
            return err.replace("%s", wording.quoted(names))
        message = f"at least one of these fields must be non-empty: {wording.quoted(names)}"
        return f"when updating, {message}" if updating else message

    def shown(self) -> Any:
        """All parts of both branches."""
        shown: dict[str, Any] = {"if_field": self.if_field}
        keys = (
            ("if_match", "then_at_least_one_of", "then_err"),
            ("else_match", "else_then_at_least_one_of", "else_then_err"),
        )
        for (match, names, err), (match_key, names_key, err_key) in zip(self.branches, keys, strict=False):
            shown |= {match_key: match.shown(), names_key: list(names)} | ({err_key: err} if err else {})
        return shown
