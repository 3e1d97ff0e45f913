"""What Lua code of configurations can do, and what it cannot."""

from __future__ import annotations

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gopura.plugin.lua import Call, CodeError, Lua, Policy, Scope

SANDBOX = Policy()
ON = Policy("on")
EXCHANGE: Any = SimpleNamespace(
    request=SimpleNamespace(method="GET", headers={"x-in": "\udcfc"}), route=None, consumer=None, ctx={}
)
NODE: Any = SimpleNamespace(id="a", hostname="b")


def call() -> Call:
    EXCHANGE.ctx.clear()
    return Call(EXCHANGE, "log", NODE, logging.getLogger(__name__), "file-log")


def said(code: str, lua: Lua) -> Any:
    """What code returns, or why it does not."""
    try:
        return lua.run(code, call())
    except CodeError as error:
        return str(error)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("return 1 + 1", 2),
        ("return {1, 'a', {b = true}}", [1, "a", {"b": True}]),
        ("", None),
        ("return ('%s-%d'):format('a', 3)", "a-3"),
        ("local t = {3, 1, 2}; table.sort(t); return table.concat(t, ',')", "1,2,3"),
        ("return math.floor(2.5) + select('#', 1, 2)", 4),
        ("return coroutine.wrap(function() coroutine.yield(7) end)()", 7),
        ("return select(2, pcall(error, 'no'))", "no"),
        ("return select(2, xpcall(error, function(why) return why .. '!' end, 'no'))", "no!"),
        ("return type(os.time()) .. type(os.execute) .. type(io) .. type(load)", "numbernilnilnil"),
        ("x = 1; return _G.x", 1),
        ("return kong.request.get_method() .. kong.request.get_header('x-in')", "GET\udcfc"),
        ("return kong.request.nothing == nil and kong.nothing == nil", True),
        ("return kong.router.get_route()", None),
        ("return (", "[string \"return (\"]:1: unexpected symbol near '<eof>'"),
        ("error('')", ""),
        ("error('\\252', 0)", "\xfc"),
        ("error('no')", "[string \"error('no')\"]:1: no"),
        ("return print", None),
        ("return require('string')", "require 'string' not allowed within sandbox"),
        ("return function() end", "no part of JSON"),
        ("local t = {} t.t = t return t", "tables in tables without an end"),
        ("return kong.router.get_service()", "no attribute 'service'"),
    ],
)
def test_code(code: str, value: Any) -> None:
    found = said(code, Lua(SANDBOX))
    if isinstance(value, str) and isinstance(found, str):
        assert value in found
    else:
        assert found == value


HARMFUL = [
    "string.rep = nil",
    "table.insert(string, 'x')",
    "kong.request.get_method = nil",
    "kong.request = nil",
    "_G.string = nil",
    "type = nil",
    "left_behind = true",
    "getmetatable('').__index.rep = nil",
    "getmetatable(string).__index = nil",
    "rawset(string, 'rep', nil)",
    "load('string.rep = nil')()",
    "loadstring('left_behind = true')()",
    "local _, f = pcall(load, 'string.rep = nil') f()",
    "getmetatable(io.stdout).__index.write = nil",
    "require('string').rep = nil",
    "setfenv(0, {})",
    "jit.on()",
    "collectgarbage('stop')",
]
WHOLE = """
  return string.rep('a', 2) .. ('b'):rep(2) .. type(string[1]) .. type(left_behind) .. kong.request.get_method()
"""


@pytest.mark.parametrize("policy", [SANDBOX, ON], ids=lambda policy: policy.mode)
@pytest.mark.parametrize("code", HARMFUL)
def test_code_does_not_change_what_other_code_has(code: str, policy: Policy) -> None:
    lua = Lua(policy)
    said(code, lua)
    said(f"pcall(function() {code} end)", lua)
    assert said(WHOLE, lua) == "aabbnilnilGET"
    assert lua.evaluate("('b'):rep(2) .. type(string and string.x)", (), Scope({})) == "bbnil"


@pytest.mark.parametrize("policy", [SANDBOX, ON], ids=lambda policy: policy.mode)
@pytest.mark.parametrize(
    "code",
    [
        "return python",
        "return type(kong.request.get_method) == 'function' and kong.request.get_method.__globals__",
        "return getmetatable(kong.request.get_method)",
        "return debug or ffi or jit or package or newproxy",
        "return require('ffi')",
        "return require('debug')",
        "return require('python')",
        "return getfenv(0)",
        "return os.exit or string.dump or ('').dump",
        "return load('\\27LJ\\2')",
        "return loadstring('\\27LJ\\2')",
        "local _, why = pcall(kong.router.get_service) return type(why) == 'userdata'",
    ],
)
def test_nothing_leads_out_of_the_machine(code: str, policy: Policy) -> None:
    found = said(code, Lua(policy))
    assert not found or any(word in found for word in ("attempt to", "not found", "not allowed"))


@pytest.mark.parametrize("policy", [SANDBOX, ON], ids=lambda policy: policy.mode)
@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while true do end", "it takes too long"),
        ("while true do pcall(function() while true do end end) end", "it takes too long"),
        ("return pcall(function() while true do end end)", "it takes too long"),
        ("xpcall(function() while true do end end, function() while true do end end)", "it takes too long"),
        ("coroutine.wrap(function() while true do end end)()", "it takes too long"),
        ("return ('x'):gsub('x', function() while true do end end)", "it takes too long"),
        ("local function f() return 1 + f() end return f()", "stack overflow"),
        ("return ('x'):rep(1e9)", "a text becomes too long"),
        ("return string.rep('', 1, ('x'):rep(1e8))", "a text becomes too long"),
        ("local t = {} while true do t[#t + 1] = ('x'):rep(1e5) .. #t end", "it takes too much memory"),
    ],
)
def test_code_that_does_not_end_is_ended(code: str, why: str, policy: Policy) -> None:
    lua = Lua(policy)
    assert why in said(code, lua)
    assert said("return 1", lua) == 1
    assert lua.evaluate("1 + 1", (), Scope({})) == "2"


@pytest.mark.parametrize(
    ("policy", "code", "value"),
    [
        (Policy(environment=("os.getenv",)), "return type(os.getenv) .. type(os.time)", "functionnil"),
        (Policy(environment=("os",)), "return type(os.remove) .. type(os.time)", "functionfunction"),
        (Policy(environment=("os.getenv",)), "os.getenv = 1", "Can not modify os.getenv"),
        (Policy(environment=("io.write", "nothing.x", "")), "return type(io.write) .. type(io.open)", "functionnil"),
        (Policy(environment=("debug", "python")), "return debug or python", None),
        (Policy(requires=("bit",)), "return require('bit').bor(1, 2)", 3),
        (Policy(requires=("mine",)), "return require('mine').double(4)", 8),
        (Policy(), "return require('mine')", "require 'mine' not allowed within sandbox"),
        (Policy("on"), "return require('mine').double(4) + require('bit').bor(1, 2)", 11),
        (Policy("on"), "return type(io.open) .. type(os.remove) .. type(setmetatable)", "function" * 3),
        (Policy("on"), "return load('return 1')() + loadstring('return _G.x or 2')()", 3),
        (Policy("off"), "return 1", "loading of untrusted Lua code disabled because 'untrusted_lua' config "),
    ],
)  # fmt: skip
def test_what_the_settings_let_code_see(policy: Policy, code: str, value: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.lua").write_text("return { double = function(x) return 2 * x end }")
    policy = Policy(policy.mode, policy.requires, policy.environment, f"{tmp_path}/?.lua")
    found = said(code, Lua(policy))
    assert value in found if isinstance(value, str) else found == value


def test_expressions_see_less() -> None:
    seen = "type(string) .. type(kong) .. type(io) .. type(require)"
    assert Lua(SANDBOX).evaluate(seen, (), Scope({})) == "nilnilnilfunction"
    assert Lua(ON).evaluate(seen, (), Scope({})) == "tableniltablefunction"
    with pytest.raises(CodeError, match="read-only"):
        Lua(SANDBOX).evaluate("(function() x = 1 end)()", (), Scope({}))
