from typing import Annotated, Any

import pytest

from gopura.schema import Eq, Ne, NotOneOf, OneOf, surroundings
from tests.schema.refusals import refused

CASES: list[tuple[Any, Any, str | None]] = [
    (Annotated[bool, Eq(True)], True, None),
    (Annotated[bool, Eq(True)], False, "value must be true"),
    (Annotated[int, Eq(1)], 2, "value must be 1"),
    (Annotated[str, Eq("a")], None, "value must be a"),
    (Annotated[str, Eq(None)], None, None),
    (Annotated[str, Eq(None)], "a", "value must be null"),
    (Annotated[str, Eq(None, err="leave it out")], "a", "leave it out"),
    (Annotated[bool, Ne(True, err="not with this")], True, "not with this"),
    (Annotated[bool, Ne(True)], False, None),
    (Annotated[str, Ne(None)], None, "value must not be null"),
    (Annotated[str, Ne("a")], "a", "value must not be a"),
    (Annotated[str, OneOf("a", "b")], "b", None),
    (Annotated[str, OneOf("a", "b")], "c", "expected one of: a, b"),
    (Annotated[int, OneOf(426, 301)], 302, "expected one of: 426, 301"),
    (Annotated[str, OneOf(err="no such filter")], "c", "no such filter"),
    (Annotated[str, OneOf("a", err="no such filter")], "", "no such filter"),
    (Annotated[str, NotOneOf("a", "b")], "c", None),
    (Annotated[str, NotOneOf("a", "b")], "a", "must not be one of: a, b"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_choices(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message


def test_choices_that_need_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Annotated[str, OneOf("local", "cluster", need_database=("cluster",))]
    assert refused(policy, "cluster") is None
    monkeypatch.setattr(surroundings, "database", False)
    assert refused(policy, "cluster") == "expected one of: local"
