"""The machine that Lua code runs in."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib.resources import files
from itertools import count
from typing import Any

from gopura._engine import LuaMatcher, lua_find_plain, lua_replace
from gopura.plugin.lua import pdk
from gopura.plugin.lua.pdk import Call, Left
from gopura.plugin.lua.values import AnyCase, CodeError, Json, bytes_of, text_of
from gopura.settings.catalogue import SETTINGS
from gopura.settings.public import HIDDEN

_DEPTH = 100
_ITEMS = 100_000
"""Items of tables that Python takes from Lua at once."""
_MEMORY = 160 << 20
"""Bytes that Lua may have. Its code is ended well before: a call of Python cannot be refused any."""
_GIVEN = 128 << 20
"""Bytes from which on Python gives it nothing more."""
_KEPT = 64 << 20
"""Bytes that code may keep between its runs."""
_NO_JSON, _ENDLESS = "no part of JSON: a ", "tables in tables without an end"
WAITING = ("certificate", "rewrite", "access")
"""Phases in which code may wait."""
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
            max_memory=_MEMORY,
        )
        self._runtime, self.failure = runtime, luajit.LuaError
        self._table = runtime.table_from
        self._list: Callable[[Any], Any] = lambda items: items  # until Lua's own is there
        load = runtime.globals()[b"load"]
        bounds = load(_source("bounds.lua"), b"=bounds")(
            runtime.globals(), LuaMatcher, lua_find_plain, lua_replace, time.CLOCK_THREAD_CPUTIME_ID
        )
        self._own = load(_source("sandbox.lua"), b"=sandbox")(
            policy.mode.encode(),
            self.given(dict.fromkeys(policy.requires, True)),
            self.given(list(policy.environment)),
            policy.path.encode(),
            " ".join(pdk.names()).encode(),
            load(_source("pdk/interface.lua"), b"=interface"),
            load(_source("pdk/clients.lua"), b"=clients"),
            self.given(pdk.constants(policy.configuration)),
            bounds,
        )
        self._begin, self.run, self.evaluate = (self._own[name] for name in (b"begin", b"run", b"evaluate"))
        self._any_case, self._null = self._own[b"any_case"], self._own[b"null"]
        self._list, self._is_list = self._own[b"list"], self._own[b"is_list"]
        self._type = luajit.lua_type
        self._thread = self._own[b"thread"]
        self.code = lru_cache(1000)(partial(self._compiled, b"compile"))
        self.expression = lru_cache(10_000)(partial(self._compiled, b"compile_expression"))

    def chain(self, codes: Sequence[str]) -> Callable[[], Any]:
        """Compile codes, each apart from equal ones elsewhere, into a function that runs them in turn."""
        made: Callable[[], Any] = self._own[b"chain"](
            self._table([self._compiled(b"compile", code) for code in codes])
        )
        return made

    @property
    def is_full(self) -> bool:
        """Whether its codes keep so much that there is too little for a run."""
        if self._runtime.get_memory_used() > _KEPT:
            self._runtime.gccollect()
        return bool(self._runtime.get_memory_used() > _KEPT)

    def perform(self, run: Callable[[], Any], call: Call) -> Run | None:
        """Run a function for a phase of a request, until it has ended: None; or waits.

        That the code leaves its own run is no error.
        """
        if call.phase in WAITING:
            started = Run(self, call, self._tables(call), self._thread(run))
            return started if started.go() else None
        with self.running(call, self._tables(call)):
            run()
        return None

    def result(self, run: Callable[[], Any], call: Call) -> Any:
        """Run a function for a phase of a request; what it gives, as JSON has it."""
        with self.running(call, self._tables(call)):
            return self.taken(run())

    def _tables(self, call: Call) -> Any:
        """The tables of the request; new ones when this machine is, and those are of the one before it."""
        machine, tables = call.exchange.ctx.get(_TABLES) or (None, None)
        if machine is not self:
            tables = self._table({})
            call.exchange.ctx[_TABLES] = (self, tables)
        return tables

    @contextmanager
    def running(self, call: Call, tables: Any, steps: int = 0, depth: int = 0) -> Iterator[None]:
        """Have code run for a call, which has taken so many steps and lies so deep in coroutines."""
        answered = partial(self._answered, call)
        self._begin(answered, tables, bytes_of(call.plugin), call.phase.encode(), steps, depth)
        try:
            yield
        except self.failure as error:
            explained = self.explained(error)
            if not call.left:
                raise explained from error
        finally:
            self._share(tables, call)

    def go(self, thread: Any, *values: Any) -> Any:
        """Run a thread of Lua up to where it waits or ends: False, or True, steps, depth and what it waits for."""
        return thread(*map(self.given, values))

    @staticmethod
    def listed(given: Any) -> tuple[Any, ...]:
        """Several values that Lua gave, or one."""
        return given if isinstance(given, tuple) else (given,)

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
            return False, bytes_of(_as_cjson(str(error)) if name == b"cjson.encode" else str(error))
        return (True, *map(self.given, found)) if isinstance(found, tuple) else (True, self.given(found))

    def _compiled(self, how: bytes, *texts: str) -> Any:
        found = self._own[how](*map(bytes_of, texts))
        if isinstance(found, tuple):
            raise CodeError(text_of(found[1]))
        return found

    def explained(self, error: Exception) -> CodeError:
        """Say what went wrong, and be ready again."""
        self._own[b"rehook"](self._own[b"hook"], b"", self._own[b"step"])
        self._own[b"rearm"]()
        if isinstance(error, MemoryError):
            self._runtime.gccollect()
            return CodeError("it takes too much memory")
        return CodeError(str(error).partition("\n")[0])

    def taken(self, value: Any) -> Any:
        """What Lua gave, as JSON has it; CodeError for what JSON has not."""
        return self._taken(value, 0, count())

    def _taken(self, value: Any, depth: int, items: Iterator[int]) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, bytes):
            return text_of(value)
        kind = self._type(value)
        if kind == "userdata":  # there is no other than null
            return None
        if depth == _DEPTH or kind != "table":
            raise CodeError(f"{_NO_JSON}{kind}" if depth < _DEPTH else _ENDLESS)
        found = {}
        for key, item in value.items():
            if next(items) >= _ITEMS:
                raise CodeError("a table with too many items")
            found[self._taken(key, _DEPTH, items)] = self._taken(item, depth + 1, items)
        if not found:
            return [] if self._is_list(value) else {}
        ordered = range(1, len(found) + 1)
        return [found[at] for at in ordered] if all(at in found for at in ordered) else found

    def given(self, value: Any, null: Any = None) -> Any:
        """A value as Lua takes it; what is no plain value is nil."""
        if value is None:
            return null
        if isinstance(value, Json):
            return self.given(value.value, self._null)
        if isinstance(value, dict | list) and self._runtime.get_memory_used() > _GIVEN:
            raise CodeError("it takes too much memory")
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


class Run:
    """A run of code that may wait for what Python does meanwhile."""

    def __init__(self, machine: Machine, call: Call, tables: Any, thread: Any) -> None:
        self.call = call
        self.wanted: tuple[str, tuple[Any, ...]] = ("", ())
        """What it waits for: the kind, and arguments."""
        self._machine, self._tables, self._thread = machine, tables, thread
        self._taken = (0, 0)

    def go(self, *values: Any) -> bool:
        """Begin it, or go on with what it waited for; whether it waits again."""
        machine = self._machine
        with machine.running(self.call, self._tables, *self._taken):
            waits, *others = machine.listed(machine.go(self._thread, *values))
            if waits:
                steps, depth, kind, *arguments = others
                self._taken = (steps, depth)
                self.wanted = (text_of(kind), tuple(map(machine.taken, arguments)))
            return bool(waits)
        return False


def _as_cjson(text: str) -> str:
    """Why a value cannot be JSON, in the words of `cjson`."""
    kind = text.removeprefix(_NO_JSON)
    if kind != text:
        return f"Cannot serialise {kind}: type not supported"
    return f"Cannot serialise, excessive depth ({_DEPTH + 1})" if text == _ENDLESS else text


def _source(name: str) -> bytes:
    return files(__package__).joinpath(name).read_bytes()


def _shown(name: str, value: Any) -> Any:
    if name in SETTINGS and SETTINGS[name].secret:
        return HIDDEN if value else None
    return value


def _hidden(_value: Any, name: Any, _is_setting: bool) -> Any:
    raise AttributeError(f"there is no {name}")
