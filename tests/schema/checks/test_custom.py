from typing import Any

from gopura.schema import CustomCheck, Record


class Pair(Record):
    """Two numbers."""

    low: int | None = None
    """The lower one."""
    high: int | None = None
    """The higher one."""


def _order(row: dict[str, Any]) -> str | None:
    return "wrong order" if (row["low"] or 0) > (row["high"] or 0) else None


def run(check: CustomCheck, row: dict[str, Any], tree: dict[Any, Any] | None = None) -> dict[Any, Any]:
    tree = {} if tree is None else tree
    check.run(Pair.described(), row, tree, updating=False)
    return tree


def test_sees_the_fields_that_it_names() -> None:
    assert run(CustomCheck("low", "high", check=_order), {"low": 2, "high": 1}) == {
        "@entity": ["wrong order"]
    }
    assert run(CustomCheck("low", "high", check=_order), {"low": 1, "high": 2}) == {}


def test_needs_all_of_them() -> None:
    assert run(CustomCheck("low", "high", check=_order), {"low": 2}) == {
        "high": "field required for entity check"
    }
    assert run(CustomCheck("low", "high", check=_order, with_missing=True), {"low": 2}) == {
        "@entity": ["wrong order"]
    }


def test_leaves_invalid_fields_alone_unless_told() -> None:
    assert run(CustomCheck("low", "high", check=_order), {"low": 2, "high": 1}, {"low": "bad"}) == {
        "low": "bad"
    }
    told = CustomCheck("low", "high", check=_order, with_invalid=True)
    assert run(told, {"low": 2, "high": 1}, {"low": "bad"}) == {"low": "bad", "@entity": ["wrong order"]}
