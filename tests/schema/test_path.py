from typing import Any

import pytest

from gopura.schema import UNSET
from gopura.schema.path import filled, put_at, value_at


@pytest.mark.parametrize(
    ("path", "value"),
    [("a", {"b": 1}), ("a.b", 1), ("a.c", UNSET), ("x", UNSET), ("n.b", UNSET), ("n", None)],
)
def test_value_at(path: str, value: Any) -> None:
    assert value_at({"a": {"b": 1}, "n": None}, path) == value


def test_put_at() -> None:
    row: dict[Any, Any] = {"a": "text"}
    put_at(row, "a.b", 1)
    put_at(row, "c", 2)
    assert row == {"a": {"b": 1}, "c": 2}


@pytest.mark.parametrize(
    ("value", "is_filled"),
    [
        (UNSET, False),
        (None, False),
        ("", False),
        ([], False),
        ({}, False),
        (0, True),
        (False, True),
        ("a", True),
    ],
)
def test_filled(value: Any, is_filled: bool) -> None:
    assert filled(value) is is_filled
