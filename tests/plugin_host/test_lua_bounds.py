"""Bounds of Lua code: whatever it does, it ends soon, memory stays, others run, and the process lives."""

from __future__ import annotations

import logging
import threading
import time
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from gopura.plugin.lua import Call, CodeError, Lua, Policy

NODE: Any = SimpleNamespace(id="a", hostname="b")
MEMORY = 300 << 20
"""Bytes that the process may grow by, while the code wanted gigabytes."""


def run(code: str, lua: Lua) -> Any:
    call = Call(SimpleNamespace(ctx={}), "log", NODE, logging.getLogger(__name__), "file-log")  # type: ignore[arg-type]
    try:
        return lua.run(code, call)
    except CodeError as error:
        return str(error)


LONG, MEMORY_TOLD, DEEP = "it takes too long", "it takes too much memory", "stack overflow"
FLOOD = [
    ("local s = 'x' while true do s = s .. s end", MEMORY_TOLD),
    ("while true do pcall(function() local s = 'x' while true do s = s .. s end end) end", LONG),
    ("local s = ('x'):rep(2^24) for i = 1, 1e9 do local x = s .. i end", MEMORY_TOLD),
    ("local s = ('x'):rep(2^24) for i = 1, 1e9 do s:upper() end", LONG),
    (
        "local a = ('x'):rep(2^23) .. 'a' local b = ('x'):rep(2^23) .. 'b' for i = 1, 1e9 do local x = a < b end",
        LONG,
    ),
    ("local t = {} while true do t[#t + 1] = {} end", ""),
    ("local t = {} for i = 1, 1e9 do t[i] = i end", ""),
    ("local t = {} for i = 1, 1e9 do t['k' .. i] = i end", ""),
    ("local t = {} for i = 1, 1e9 do t[i] = coroutine.create(type) end", ""),
    ("return ('x'):rep(2^24):gsub('x', ('y'):rep(1000))", LONG),
    ("return table.concat({('x'):rep(2^24), ('y'):rep(2^24)}):rep(2)", "a text becomes too long"),
    (
        "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(2^24) end return ('%s'):rep(1000):format(unpack(t))",
        "",
    ),
]
SLOW = [
    ("local s = ('a'):rep(30000) return s:find('.-.-.-.-b')", LONG),
    ("local s = ('a'):rep(30000) return s:match('^a*a*a*a*b')", LONG),
    ("local s = ('a'):rep(30000) for x in s:gmatch('a*a*a*b') do end", LONG),
    ("local s = ('('):rep(100000) return s:find('%b()')", LONG),
    ("local s = ('a'):rep(1e6) return s:gsub('a*a*b', '')", LONG),
    ("local t = {} for i = 1, 3e5 do t[i] = i end for i = 1, 1e6 do table.insert(t, 1, i) end", LONG),
    ("local t = {} for i = 1, 3e5 do t[i] = i end for i = 1, 1e6 do table.remove(t, 1) end", LONG),
    ("local t = {} for i = 1, 1e4 do t[i] = -i end while true do table.sort(t) end", LONG),
    (
        "local t = {} for i = 1, 1e5 do t[i] = i end for i = 1, 1e5 do t[i] = nil end while true do next(t) end",
        LONG,
    ),
    ("local s = ('a'):rep(1e6) while true do s:find(('a'):rep(5e5) .. 'b', 1, true) end", LONG),
    ("while true do select(-1, unpack({}, 1, 7000)) end", LONG),
    ("return ngx.re.gsub(('a'):rep(5e4), '.*[^A-Z]|[a-z]', function() return '' end)", ""),
]
NESTED = [
    ("local function f() return coroutine.wrap(f)() end return f()", DEEP),
    ("local function f() return (('x'):gsub('x', f)) end return f()", DEEP),
    ("local function f() table.sort({1, 2, 3}, f) end return f()", DEEP),
    ("local function f() return pcall(f) end return f()", ""),
    ("local function f() return xpcall(f, f) end return f()", ""),
]


@pytest.mark.parametrize(("code", "why"), FLOOD + SLOW + NESTED)
def test_it_ends(code: str, why: str) -> None:
    lua, before, began = Lua(Policy()), psutil.Process().memory_info().rss, time.thread_time()
    found = run(code, lua)
    took = time.thread_time() - began
    assert isinstance(found, str) or not why
    assert why in str(found)
    assert took < 3
    assert run("return 1", lua) == 1
    assert psutil.Process().memory_info().rss - before < MEMORY


@pytest.mark.parametrize(
    "code", ["local s = ('a'):rep(30000) return s:find('.-.-.-.-b')", "while true do end"]
)
def test_python_goes_on_meanwhile(code: str) -> None:
    lua = Lua(Policy())
    run("return 1", lua)
    other = threading.Thread(target=run, args=(code, lua))
    other.start()
    began, longest = time.monotonic(), 0.0
    while other.is_alive():
        other.join(0.001)
        now = time.monotonic()
        began, longest = now, max(longest, now - began)
    assert longest < 1


@pytest.mark.parametrize("size", [1, 40, 200_000])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("return {text:find('(%d+)-(%a*)')}", [{"from": 3}, {"to": 6}, "12", "x"]),
        ("return {text:find('-', 1, true)}", [{"from": 5}, {"to": 5}]),
        ("return {text:find('()-()')}", [{"from": 5}, {"to": 5}, {"from": 5}, {"to": 6}]),
        ("return {text:match('(%d+)-(%a)(z?)')}", ["12", "x", ""]),
        ("return {text:match('^a-(%d)') or 'no'}", ["no"]),
        ("return text:gsub('%d', '<%0>'):sub(-13, -1)", "<1><2>-x\n<3>;"),
        ("return text:gsub('%d', {['1'] = 'one', ['3'] = false}):sub(-9, -1)", " one2-x\n3;"[-9:]),
        ("return text:gsub('%d', function(d) return d + 1 end):sub(-7, -1)", "23-x\n4;"),
        ("return select(2, text:gsub('%d', '', 2))", 2),
        ("local t = {} for a, b in text:gmatch('(%d)(%D)') do t[#t + 1] = a .. b end return t", ["2-", "3;"]),
        ("return text:find('[%a') ", "malformed pattern (missing ']')"),
        ("return text:gsub('%d', '%9')", "invalid capture index"),
        ("return select(2, text:gsub('', '')) - #text", 1),
    ],
)
def test_long_texts_are_searched_as_short_ones(code: str, expected: Any, size: int) -> None:
    """What is in front of ` a12-x\\n3;` changes the places only."""
    front = size - 1
    text = f"local text = ('#'):rep({front}) .. ' a12-x\\n3;' "

    def placed(value: Any) -> Any:
        if isinstance(value, dict):
            return front + next(iter(value.values()))
        return [placed(item) for item in value] if isinstance(value, list) else value

    shifted = [{"from": 3}, {"to": 6}, "12", "x"]
    wanted = placed(expected)
    found = run(text + code, Lua(Policy()))
    assert shifted
    assert wanted in found if isinstance(wanted, str) and isinstance(found, str) else found == wanted


def test_what_code_keeps_does_not_end_the_others() -> None:
    """A machine that is full of what code keeps begins anew."""
    lua = Lua(Policy())
    call = Call(SimpleNamespace(ctx={}), "log", NODE, logging.getLogger(__name__), "file-log")  # type: ignore[arg-type]
    hoards = lua.chain(["local kept = {} return function() kept[#kept + 1] = ('x'):rep(2^23) .. #kept end"])
    for _ in range(30):
        try:
            lua.call(hoards, call)
        except CodeError as error:
            assert MEMORY_TOLD in str(error)
    assert run("return 1", lua) == 1
