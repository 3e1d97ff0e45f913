from typing import Annotated, Any

import pytest

from gopura.schema import Contains, MutuallyExclusiveSubsets, SetOf
from tests.schema.refusals import refused

KINDS = MutuallyExclusiveSubsets(("http", "https"), ("tcp", "udp"), ("grpc",))

CASES: list[tuple[Any, Any, str | None]] = [
    (Annotated[list[str], Contains("exp")], ["nbf", "exp"], None),
    (Annotated[list[str], Contains("exp")], ["nbf"], "expected to contain: exp"),
    (Annotated[list[str], SetOf(), KINDS], ["http", "https"], None),
    (Annotated[list[str], SetOf(), KINDS], [], None),
    (
        Annotated[list[str], SetOf(), KINDS],
        ["udp", "http"],
        "these sets are mutually exclusive: ('tcp', 'udp'), ('http', 'https')",
    ),
]


@pytest.mark.parametrize(("annotation", "value", "message"), CASES)
def test_collections(annotation: Any, value: Any, message: str | None) -> None:
    assert refused(annotation, value) == message
