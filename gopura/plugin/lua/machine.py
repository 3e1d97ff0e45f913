"""The machine that Lua code runs in."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

from gopura.plugin.lua import pdk
from gopura.plugin.lua.pdk import Call, Left
from gopura.plugin.lua.values import AnyCase, CodeError, Json, bytes_of, text_of
from gopura.settings.catalogue import SETTINGS
from gopura.settings.public import HIDDEN

_DEPTH = 100
_STEP = 1000
"""Instructions between two looks at time and memory."""
_TABLES = "gopura.lua.tables"
"""Where in `exchange.ctx` the tables lie that the code of one request shares, as Lua has them."""


@dataclass(frozen=True)
class Policy:
    """What code may see: the settings that begin with `untrusted_lua`, and where modules lie."""

    mode: str = "sandbox"
    requires: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    path: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    """The settings, without secrets."""

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Policy:
        """Read it from the settings."""
        return cls(
            settings.get("untrusted_lua") or "sandbox",
            tuple(settings.get("untrusted_lua_sandbox_requires") or ()),
            tuple(settings.get("untrusted_lua_sandbox_environment") or ()),
            settings.get("lua_package_path") or "",
            {name: _shown(name, value) for name, value in settings.items()},
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
        self._list: Callable[[Any], Any] = lambda items: items  # until Lua's own is there
        load = runtime.globals()[b"load"]
        self._own = load(_source("sandbox.lua"), b"=sandbox")(
            policy.mode.encode(),
            self.given(dict.fromkeys(policy.requires, True)),
            self.given(list(policy.environment)),
            policy.path.encode(),
            " ".join(pdk.names()).encode(),
            load(_source("pdk/interface.lua"), b"=interface"),
            self.given(pdk.constants(policy.configuration)),
        )
        self._begin, self.run, self.evaluate = (self._own[name] for name in (b"begin", b"run", b"evaluate"))
        self._any_case, self._null = self._own[b"any_case"], self._own[b"null"]
        self._list, self._is_list = self._own[b"list"], self._own[b"is_list"]
        self._type = luajit.lua_type
        self.code = lru_cache(1000)(partial(self._compiled, b"compile"))
        self.expression = lru_cache(10_000)(partial(self._compiled, b"compile_expression"))

    def chain(self, codes: Sequence[str]) -> Callable[[], Any]:
        """Compile codes, each apart from equal ones elsewhere, into a function that runs them in turn."""
        made: Callable[[], Any] = self._own[b"chain"](
            self._table([self._compiled(b"compile", code) for code in codes])
        )
        return made

    def perform(self, run: Callable[[], Any], call: Call) -> Any:
        """Run a function for a phase of a request; that the code leaves its own run is no error."""
        tables = call.exchange.ctx.get(_TABLES)
        if tables is None:
            tables = call.exchange.ctx[_TABLES] = self._table({})
        self._begin(partial(self._answered, call), tables, bytes_of(call.plugin), call.phase.encode())
        try:
            return run()
        except self.failure as error:
            explained = self.explained(error)
            if not call.left:
                raise explained from error
            return None
        finally:
            self._share(tables, call)

    def _share(self, tables: Any, call: Call) -> None:
        """Give plugins in Python what the code put into `kong.ctx.shared`, as far as JSON has it."""
        shared = tables[b"shared"]
        for name, value in shared.items() if shared is not None else ():
            with suppress(CodeError):
                call.exchange.ctx[str(self.taken(name))] = self.taken(value)

    def _answered(self, call: Call, name: bytes, *arguments: Any) -> tuple[Any, ...]:
        try:
            found = pdk.answer(call, name.decode(), tuple(map(self.taken, arguments)))
        except Left:
            call.left = True
            return False, b"left"
        except Exception as error:  # of Python, no object may get there
            return False, bytes_of(str(error))
        return (True, *map(self.given, found)) if isinstance(found, tuple) else (True, self.given(found))

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

    def taken(self, value: Any, depth: int = 0) -> Any:
        """What Lua gave, as JSON has it; CodeError for what JSON has not."""
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes):
            return text_of(value)
        kind = self._type(value)
        if kind == "userdata":  # there is no other than null
            return None
        if depth == _DEPTH or kind != "table":
            raise CodeError(
                f"no part of JSON: a {kind}" if depth < _DEPTH else "tables in tables without an end"
            )
        items = {self.taken(key): self.taken(item, depth + 1) for key, item in value.items()}
        if not items:
            return [] if self._is_list(value) else {}
        ordered = range(1, len(items) + 1)
        return [items[at] for at in ordered] if all(at in items for at in ordered) else items

    def given(self, value: Any, null: Any = None) -> Any:
        """A value as Lua takes it; what is no plain value is nil."""
        if value is None:
            return null
        if isinstance(value, Json):
            return self.given(value.value, self._null)
        if isinstance(value, str):
            return bytes_of(value)
        if isinstance(value, dict):
            # Headers and arguments are texts: a call for each would be most of the time.
            table = self._table(
                {
                    bytes_of(name) if type(name) is str else self.given(name): (
                        bytes_of(item) if type(item) is str else self.given(item, null)
                    )
                    for name, item in value.items()
                }
            )
            return self._any_case(table) if type(value) is AnyCase else table
        if isinstance(value, list):
            items = self._table([self.given(item, null) for item in value])
            return self._list(items) if null is not None or not value else items
        return value if isinstance(value, bool | int | float) else None


def _source(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def _shown(name: str, value: Any) -> Any:
    if name in SETTINGS and SETTINGS[name].secret:
        return HIDDEN if value else None
    return value


def _hidden(_value: Any, name: Any, _is_setting: bool) -> Any:
    raise AttributeError(f"there is no {name}")
