"""Values in Lua's notation, as messages quote them."""

from typing import Any

import pytest

from gopura.store.lua import inline


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({}, "{}"),
        ({"name": "a"}, '{name="a"}'),
        ({"b": 1, "a": None}, "{a=null,b=1}"),
        ({"service": {"id": "x"}}, '{service={id="x"}}'),
        ({"a-b": True, "1": False}, '{["1"]=false,["a-b"]=true}'),
        ({"x": 'say "hi"\\\n'}, '{x="say \\"hi\\"\\\\\\n"}'),
        (["a", "b"], '{"a","b"}'),
        ([None, "b"], '{[2]="b"}'),
        (["a", None, "c"], '{"a",[3]="c"}'),
        ([{"@entity": ["x"]}], '{{["@entity"]={"x"}}}'),
        ({"n": 1.5, "m": 2.0}, "{m=2,n=1.5}"),
    ],
)
def test_inline(value: Any, text: str) -> None:
    assert inline(value) == text
