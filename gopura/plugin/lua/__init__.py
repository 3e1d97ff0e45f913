"""Lua code of configurations: one LuaJIT machine, in which code reaches neither Python nor what other code has.

`untrusted_lua` says what the code sees. Endless loops end after ten million instructions (about 40 ms), and memory is
looked at each thousand: a bound for mistakes, not for attackers, whom one long search with a pattern would do.
"""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gopura.plugin.lua.kong import KONG
from gopura.plugin.lua.machine import Machine, Policy
from gopura.plugin.lua.values import AnyCase, CodeError, Scope, bytes_of, plain, text_of
from gopura.schema.types.lua import DISABLED

if TYPE_CHECKING:
    from gopura._engine import Exchange

__all__ = ["AnyCase", "CodeError", "Lua", "Policy", "Scope"]


class Lua:
    """Runs code as a policy has it, from any thread. All methods raise CodeError."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._lock = threading.Lock()

    def run(self, code: str, exchange: Exchange) -> Any:
        """Run code about an exchange; gives what it returns, as JSON has it."""

        def asked(name: bytes, *arguments: Any) -> tuple[bool, Any]:
            try:
                return True, self._machine.given(KONG[name.decode()](exchange, *map(plain, arguments)))
            except Exception as error:  # of Python, no object may get there
                return False, bytes_of(f"{name.decode()}: {error}")

        with self._lock:
            machine = self._machine
            try:
                return plain(machine.run(machine.code(code), asked))
            except machine.failure as error:
                raise machine.explained(error) from error

    def evaluate(self, expression: str, names: tuple[str, ...], scope: Scope) -> str:
        """Say as text what an expression comes to with the values of these names; nothing for nil and false."""
        with self._lock:
            machine = self._machine
            try:
                run = machine.expression(",".join(names) or "_", expression)
                return text_of(machine.evaluate(run, *[scope.given(name, machine) for name in names]))
            except machine.failure as error:
                raise machine.explained(error) from error

    @cached_property
    def _machine(self) -> Machine:
        if self._policy.mode == "off":
            raise CodeError(DISABLED)
        return Machine(self._policy)
