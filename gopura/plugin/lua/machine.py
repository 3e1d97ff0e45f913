"""The machine that Lua code runs in."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from gopura.plugin.lua.kong import KONG
from gopura.plugin.lua.values import AnyCase, CodeError, bytes_of, text_of

_STEP = 1000
"""Instructions between two looks at time and memory."""


@dataclass(frozen=True)
class Policy:
    """What code may see: the settings that begin with `untrusted_lua`, and where modules lie."""

    mode: str = "sandbox"
    requires: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    path: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Policy:
        """Read it from the settings."""
        return cls(
            settings.get("untrusted_lua") or "sandbox",
            tuple(settings.get("untrusted_lua_sandbox_requires") or ()),
            tuple(settings.get("untrusted_lua_sandbox_environment") or ()),
            settings.get("lua_package_path") or "",
        )


class Machine:
    """LuaJIT, readied by sandbox.lua; for one thread at a time."""

    def __init__(self, policy: Policy) -> None:
        luajit = importlib.import_module("lupa.luajit21")
        runtime = luajit.LuaRuntime(
            encoding=None,
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_hidden,
        )
        self.failure: type[Exception] = luajit.LuaError
        self._table = runtime.table_from
        ready = runtime.globals()[b"load"](
            files(__package__).joinpath("sandbox.lua").read_bytes(), b"=sandbox"
        )
        self._own = ready(
            policy.mode.encode(),
            self.given(dict.fromkeys(policy.requires, True)),
            self.given(list(policy.environment)),
            policy.path.encode(),
            " ".join(KONG).encode(),
        )
        self.run, self.evaluate = self._own[b"run"], self._own[b"evaluate"]
        self._any_case = self._own[b"any_case"]
        self.code = lru_cache(1000)(partial(self._compiled, b"compile"))
        self.expression = lru_cache(10_000)(partial(self._compiled, b"compile_expression"))

    def _compiled(self, how: bytes, *texts: str) -> Any:
        found = self._own[how](*map(bytes_of, texts))
        if isinstance(found, tuple):
            raise CodeError(text_of(found[1]))
        return found

    def explained(self, error: Exception) -> CodeError:
        """Say what went wrong, and be ready again."""
        self._own[b"rehook"](self._own[b"hook"], b"", _STEP)
        self._own[b"rearm"]()
        return CodeError(str(error).partition("\n")[0])

    def given(self, value: Any) -> Any:
        """A value as Lua takes it; what is no plain value is nil."""
        if isinstance(value, str):
            return bytes_of(value)
        if isinstance(value, dict):
            # Headers and arguments are texts: a call for each would be most of the time.
            table = self._table(
                {
                    bytes_of(name) if type(name) is str else self.given(name): (
                        bytes_of(item) if type(item) is str else self.given(item)
                    )
                    for name, item in value.items()
                }
            )
            return self._any_case(table) if type(value) is AnyCase else table
        if isinstance(value, list):
            return self._table([self.given(item) for item in value])
        return value if isinstance(value, bool | int | float) else None


def _hidden(_value: Any, name: Any, _is_setting: bool) -> Any:
    raise AttributeError(f"there is no {name}")
