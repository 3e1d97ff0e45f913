"""Modules that Lua code of configurations names: whether they are there is told when the code is configured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gopura.schema.advice import advise
from gopura.schema.surroundings import surroundings

PROVIDED = ("cjson", "cjson.safe", "resty.http", "resty.redis")
"""Modules that gopura has."""
_OF_LUA = ("bit", "coroutine", "io", "math", "os", "string", "table")
_REQUIRE = re.compile(r"""\brequire\s*\(?\s*(["'])([^"'\n]{1,200})\1""")
_COMMENT = re.compile(r"--(?!\[=*\[)[^\n]*")


def advise_of_modules(code: str) -> None:
    """Tell which modules the code will not get."""
    for name in dict.fromkeys(_required(code)):
        if why := module_problem(name):
            advise(f"require '{name}': {why}; requests whose code comes there get 500")


def module_problem(name: str) -> str | None:
    """Why code cannot require a module; None when it can."""
    if name not in (*PROVIDED, *_OF_LUA) and not _has_file(name):
        return "there is no such module here, nor in lua_package_path"
    if surroundings.lua_mode == "sandbox" and name not in surroundings.lua_requires:
        return "not allowed within the sandbox: name it in untrusted_lua_sandbox_requires"
    return None


def _required(code: str) -> Iterator[str]:
    for found in _REQUIRE.finditer(_COMMENT.sub("", code)):
        yield found[2]


def _has_file(name: str) -> bool:
    patterns = filter(None, surroundings.lua_path.split(";"))
    return any(Path(pattern.replace("?", name.replace(".", "/"))).is_file() for pattern in patterns)
