from typing import Any

import pytest

from gopura.schema.types.pairs import HeaderPairs, HeaderRenames, Headers, Pairs, TemplatePairs
from tests.schema.refusals import refused

CASES: list[tuple[Any, str, str | None]] = [
    (Headers, "x-a", None),
    (Headers, "x a", "'x a' is not a valid header"),
    (HeaderPairs, "x-a:b", None),
    (HeaderPairs, "x-a", "invalid value: x-a"),
    (HeaderPairs, "x a:b", "'x a' is not a valid header"),
    (HeaderRenames, "x-a:x-b", None),
    (HeaderRenames, "x-a:x b", "'x b' is not a valid header"),
    (Pairs, "a:b", None),
    (Pairs, "a", "invalid value: a"),
    (TemplatePairs, "a:b", None),
    (TemplatePairs, "a:$(headers.x)", None),
    (TemplatePairs, "a", "key 'a' has no value"),
    (TemplatePairs, "a:", "key 'a' has no value"),
]


@pytest.mark.parametrize(("annotation", "pair", "message"), CASES)
def test_pairs(annotation: Any, pair: str, message: str | None) -> None:
    assert refused(annotation, [pair]) == ({0: message} if message else None)


@pytest.mark.parametrize("pair", ["a:$(x", "a:$(1 +)"])
def test_a_template_that_cannot_be_used(pair: str) -> None:
    assert "is not in supported format, error:" in refused(TemplatePairs, [pair])[0]
