from typing import Annotated, Any

import pytest

from gopura.schema import Between, Gt, Timestamp
from tests.schema.refusals import refused

CASES: list[tuple[Any, Any, str | None]] = [
    (Annotated[int, Between(0, 10)], 0, None),
    (Annotated[int, Between(0, 10)], 10, None),
    (Annotated[int, Between(0, 10)], 11, "value should be between 0 and 10"),
    (Annotated[int, Between(0, 10)], -1, "value should be between 0 and 10"),
    (Annotated[float, Between(0.001, 1000000)], 0, "value should be between 0 and 1000000"),
    (Annotated[float, Gt(0)], 0.5, None),
    (Annotated[float, Gt(0)], 0, "value must be greater than 0"),
    (Annotated[int, Timestamp()], 1, None),
    (Annotated[int, Timestamp()], 0, "expected a valid timestamp"),
    (Annotated[int, Between(0, 10)], "5", "expected an integer"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_numbers(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message
