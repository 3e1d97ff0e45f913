from typing import Any

import pytest

from gopura.schema import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "null"), (True, "true"), (False, "false"), (5, "5"), (0.5, "0.5"), (1e15, "1e+15"), ("a", "a")],
)
def test_text(value: Any, text: str) -> None:
    assert wording.text(value) == text


@pytest.mark.parametrize(
    ("words", "text"),
    [(["a", "b"], "'a', 'b'"), ([("a", "b"), ("c",)], "('a', 'b'), ('c')"), ([], "")],
)
def test_quoted(words: Any, text: str) -> None:
    assert wording.quoted(words) == text
