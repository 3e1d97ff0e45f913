from typing import Annotated, Any

import pytest

from gopura.schema import LenEq, LenMax, LenMin
from tests.schema.refusals import refused

CASES: list[tuple[Any, Any, str | None]] = [
    (str, "", "length must be at least 1"),
    (Annotated[str, LenMin(0)], "", None),
    (Annotated[str, LenMin(2)], "a", "length must be at least 2"),
    (Annotated[str, LenMax(2)], "abc", "length must be at most 2"),
    (Annotated[str, LenMax(2)], "ä", None),
    (Annotated[str, LenMax(2)], "äb", "length must be at most 2"),
    (Annotated[str, LenEq(32)], "a", "length must be 32"),
    (Annotated[list[str], LenEq(0)], [], None),
    (Annotated[list[str], LenEq(0)], ["a"], "length must be 0"),
    (Annotated[list[str], LenMin(1)], [], "length must be at least 1"),
    (Annotated[dict[str, str], LenMin(1)], {}, "length must be at least 1"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_lengths(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message
