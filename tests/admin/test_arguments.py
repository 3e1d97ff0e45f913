"""From flat names of forms and queries to nested values."""

from typing import Any

import pytest

from gopura.admin import arguments

CASES: list[tuple[str, Any]] = [
    ("", {}),
    ("a=1", {"a": "1"}),
    ("a", {"a": True}),
    ("a=", {"a": ""}),
    ("&&a=1&", {"a": "1"}),
    ("=1", {}),
    ("a=%zz", {"a": "%zz"}),
    ("a=x+y%2B", {"a": "x y+"}),
    ("a=1&a=2", {"a": ["1", "2"]}),
    ("a[]=1", {"a": ["1"]}),
    ("a[]=1&a[]=2", {"a": ["1", "2"]}),
    ("a[2]=1&a[1]=2", {"a": ["2", "1"]}),
    ("a[0]=1", {"a": {"0": "1"}}),
    ("a[5]=1", {"a": {"5": "1"}}),
    ("a[]=1&a=2", {"a": ["1", "2"]}),
    ("a%5B%5D=1", {"a": ["1"]}),
    ("a.b=1&a.c.d=2", {"a": {"b": "1", "c": {"d": "2"}}}),
    ("a.b[]=1&a.b[]=2", {"a": {"b": ["1", "2"]}}),
    ("a[b]=1", {"a[b]": "1"}),
    ("a[b][]=1", {"a[b]": ["1"]}),
    ("a[1].x=1&a[1].y=2&a[2].x=3", {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
    (".a=1", {".a": "1"}),
    ("a.=1", {"a.": "1"}),
    ("a..b=1", {"a": {"b": "1"}}),
    ("a;b=1", {"a;b": "1"}),
]


@pytest.mark.parametrize(("text", "value"), CASES)
def test_nested(text: str, value: Any) -> None:
    assert arguments.nested(arguments.parse(text)) == value


def test_an_empty_name_stays() -> None:
    assert arguments.nested({"": "1"}) == {"": "1"}


def test_too_many() -> None:
    with pytest.raises(arguments.TooManyArguments):
        arguments.parse("&".join(f"a{number}=1" for number in range(1001)))
