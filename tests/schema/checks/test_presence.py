from typing import Any

import pytest

from gopura.schema import (
    AtLeastOneOf,
    Check,
    Distinct,
    MutuallyExclusive,
    MutuallyExclusiveSets,
    MutuallyRequired,
    OnlyOneOf,
    Record,
)


class Letters(Record):
    """Four fields."""

    a: str | None = None
    """A."""
    b: str | None = None
    """B."""
    c: list[str] | None = None
    """C."""
    d: str | None = None
    """D."""


def messages(check: Check, row: dict[str, Any], updating: bool = False) -> dict[Any, Any]:
    tree: dict[Any, Any] = {}
    check.run(Letters.described(), row, tree, updating=updating)
    return tree


EMPTY = {"a": None, "b": None, "c": None, "d": None}

CASES: list[tuple[Check, dict[str, Any], str | None]] = [
    (AtLeastOneOf("a", "c"), {"a": "x"}, None),
    (AtLeastOneOf("a", "c"), {"c": []}, "at least one of these fields must be non-empty: 'a', 'c'"),
    (OnlyOneOf("a", "b"), {"a": "x"}, None),
    (OnlyOneOf("a", "b"), {}, "exactly one of these fields must be non-empty: 'a', 'b'"),
    (OnlyOneOf("a", "b"), {"a": "x", "b": "y"}, "exactly one of these fields must be non-empty: 'a', 'b'"),
    (Distinct("a", "b"), {"a": "x", "b": "y"}, None),
    (Distinct("a", "b"), {}, None),
    (Distinct("a", "b"), {"a": "x", "b": "x"}, "values of these fields must be distinct: 'a', 'b'"),
    (MutuallyRequired("a", "b"), {}, None),
    (MutuallyRequired("a", "b"), {"a": "x", "b": "y"}, None),
    (MutuallyRequired("a", "b"), {"a": "x"}, "all or none of these fields must be set: 'a', 'b'"),
    (MutuallyExclusive("a", "b"), {"a": "x"}, None),
    (
        MutuallyExclusive("a", "b"),
        {"a": "x", "b": "y"},
        "only one or none of these fields must be set: 'a', 'b'",
    ),
    (MutuallyExclusiveSets(["a"], ["b", "d"]), {"b": "x", "d": "y"}, None),
    (
        MutuallyExclusiveSets(["a"], ["b", "d"]),
        {"a": "x", "d": "y"},
        "these sets are mutually exclusive: ('a'), ('d')",
    ),
]


@pytest.mark.parametrize(("check", "row", "message"), CASES)
def test_presence(check: Check, row: dict[str, Any], message: str | None) -> None:
    assert messages(check, EMPTY | row) == ({"@entity": [message]} if message else {})


def test_at_least_one_of_says_when_it_is_about_a_change() -> None:
    message = "when updating, at least one of these fields must be non-empty: 'a', 'b'"
    assert messages(AtLeastOneOf("a", "b"), {"a": None}, updating=True) == {"@entity": [message]}


def test_missing_fields_are_reported_when_updating() -> None:
    assert messages(OnlyOneOf("a", "b"), {"a": "x"}, updating=True) == {
        "b": "field required for entity check when updating"
    }


def test_nothing_is_checked_when_all_fields_are_missing_in_an_update() -> None:
    assert messages(AtLeastOneOf("a", "b"), {}, updating=True) == {}


def test_some_checks_leave_invalid_fields_alone() -> None:
    tree: dict[Any, Any] = {"a": "expected a string"}
    MutuallyRequired("a", "b").run(Letters.described(), {"a": 1, "b": None}, tree, updating=False)
    assert tree == {"a": "expected a string"}
