from typing import Annotated

import pytest
from pydantic import ValidationError

from gopura.schema import Custom, Named, Record
from gopura.schema.violation import tree_of


class Span(Record):
    """Two ends."""

    rules = (Custom(lambda span: "wrong order" if span.low > span.high else None),)

    low: int = 0
    """The lower end."""
    high: int = 10
    """The higher end."""


class Holder(Record):
    """Something with spans."""

    span: Span
    """One span."""
    shown_name: Annotated[str | None, Named("X-Name")] = None
    """A name that is no identifier."""


def test_typed_objects() -> None:
    holder = Holder.load({"span": {"low": 5}, "X-Name": "x"})
    assert (holder.span.low, holder.span.high, holder.shown_name) == (5, 10, "x")
    assert Holder.load({}).span == Span()
    assert list(Holder.described()) == ["span", "X-Name"]


def test_rules_of_a_whole_record() -> None:
    with pytest.raises(ValidationError) as caught:
        Holder.load({"span": {"low": 11}})
    assert tree_of(caught.value) == {"span": "wrong order"}


def test_descriptions_come_from_the_attributes() -> None:
    assert Span.described()["low"].description == "The lower end."
