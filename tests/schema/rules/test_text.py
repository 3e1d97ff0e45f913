from typing import Annotated, Any

import pytest

from gopura.schema import IsRegex, UuidText
from tests.schema.refusals import refused

CASES: list[tuple[Any, Any, str | None]] = [
    (Annotated[str, UuidText()], "0a000000-0000-4000-8000-000000000001", None),
    (Annotated[str, UuidText()], "0A000000-0000-4000-8000-00000000000F", None),
    (Annotated[str, UuidText()], "0a000000-0000-4000-8000-00000000000", "expected a valid UUID"),
    (Annotated[str, UuidText()], "nope", "expected a valid UUID"),
    (Annotated[str, IsRegex()], "a(b|c)+", None),
    (Annotated[str, IsRegex()], r"(?<name>\w+)(?<!x)", None),
    (Annotated[str, IsRegex()], "a(b", "not a valid regex: a(b"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_text(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message
