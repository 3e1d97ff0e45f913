"""JSON of texts whose bytes were not UTF-8."""

from typing import Any

import pytest

from gopura.json_text import dumps


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None, "ö"]}, '{"a":[1,null,"ö"]}'),
        ({"header": "a\udcfcb", "ö": 1}, '{"header":"a\ufffdb","ö":1}'),
        ({"\udcfc": True}, '{"\ufffd":true}'),
        (["\udcc3\udca9", "\ud800"], '["\ufffd\ufffd","\ufffd"]'),
    ],
)
def test_dumps(value: Any, text: str) -> None:
    assert dumps(value) == text.encode()
