from typing import Annotated, Any

import pytest

from gopura.schema import AtLeastOneOf, Foreign, ForeignKey, Record, Referenceable, SetOf
from tests.schema.refusals import refused


class Limits(Record):
    """A record."""

    checks = (AtLeastOneOf("second", "hour"),)

    second: int | None = None
    """One."""
    hour: int | None = None
    """Two."""


NO_LIMIT = {"@entity": ["at least one of these fields must be non-empty: 'second', 'hour'"]}
UUID = "0a000000-0000-4000-8000-000000000001"

KINDS: list[tuple[Any, Any, Any]] = [
    (str, 1, "expected a string"),
    (str, True, "expected a string"),
    (int, 1, None),
    (int, 1.5, "expected an integer"),
    (int, True, "expected an integer"),
    (int, 10**30, None),
    (float, 1, None),
    (float, "1", "expected a number"),
    (float, False, "expected a number"),
    (bool, "true", "expected a boolean"),
    (bool, 1, "expected a boolean"),
    (list[str], "a", "expected an array"),
    (Annotated[list[str], SetOf()], "a", "expected a set"),
    (list[str], ["a", 1, "b", 2], {1: "expected a string", 3: "expected a string"}),
    (list[str], ["a", None], {1: "required field missing"}),
    (dict[str, str], "a", "expected a map"),
    (dict[str, str], ["a"], "expected a string"),
    (dict[str, int], {"a": 1}, None),
    (dict[str, int], {"a": "x"}, "expected an integer"),
    (dict[str, list[str]], {"a": [1]}, {0: "expected a string"}),
    (Limits, "a", "expected a record"),
    (Limits, ["a"], {0: "unknown field"}),
    (Limits, {"second": 1}, None),
    (Limits, {}, NO_LIMIT),
    (Limits, {"day": 1, "second": "x"}, {"day": "unknown field", "second": "expected an integer"}),
    (list[Limits], [{"hour": 1}, {}], {1: NO_LIMIT}),
    (dict[str, Limits], {"video": {"second": "x"}}, {"second": "expected an integer"}),
    (Annotated[ForeignKey, Foreign("nothing")], {"id": UUID}, None),
    (Annotated[ForeignKey, Foreign("nothing")], {"id": "x"}, {"id": "expected a valid UUID"}),
    (Annotated[ForeignKey, Foreign("nothing")], {"id": 1}, {"id": "expected a string"}),
    (Annotated[ForeignKey, Foreign("nothing")], {}, {"id": "missing primary key"}),
    (Annotated[ForeignKey, Foreign("nothing")], {"id": None}, {"id": "required field missing"}),
    (Annotated[ForeignKey, Foreign("nothing")], UUID, {"id": "missing primary key"}),
    (Any, {"any": ["thing"]}, None),
]


@pytest.mark.parametrize(("annotation", "value", "message"), KINDS)
def test_kinds(annotation: Any, value: Any, message: Any) -> None:
    assert refused(annotation, value) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("{vault://env/secret}", None),
        ("{vault://env/secret", "length must be at most 3"),
        ("abcd", "length must be at most 3"),
    ],
)
def test_references_pass_all_rules(value: str, message: str | None) -> None:
    from gopura.schema import LenMax

    assert refused(Annotated[str, Referenceable(), LenMax(3)], value) == message
    assert refused(Annotated[str, LenMax(3)], "{vault://env/secret}") == "length must be at most 3"
