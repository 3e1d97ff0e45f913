"""Lua code of configurations: one LuaJIT machine, in which code reaches neither Python nor what other code has.

`untrusted_lua` says what the code sees. Endless loops end after ten million instructions (about 40 ms), and memory is
looked at each thousand: a bound for mistakes, not for attackers, whom one long search with a pattern would do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from gopura.plugin.lua.machine import Machine, Policy
from gopura.plugin.lua.pdk import Call
from gopura.plugin.lua.values import AnyCase, CodeError, Scope, text_of
from gopura.schema.types.lua import DISABLED

__all__ = ["AnyCase", "Call", "Chain", "CodeError", "Lua", "Policy", "Scope"]


@dataclass(frozen=True)
class Chain:
    """Codes that are ready to run."""

    run: Callable[[], Any]


class Lua:
    """Runs code as a policy has it, from any thread. All methods raise CodeError."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._lock = threading.Lock()

    def run(self, code: str, call: Call) -> Any:
        """Run code for a phase of a request; gives what it returns, as JSON has it."""
        with self._lock:
            machine = self._machine
            return machine.taken(machine.perform(partial(machine.run, machine.code(code)), call))

    def chain(self, codes: Sequence[str]) -> Chain:
        """Compile codes that run one after the other, for many requests; what they keep in variables they keep."""
        with self._lock:
            return Chain(self._machine.chain(codes))

    def call(self, chain: Chain, call: Call) -> None:
        """Run them for a phase of a request; `call` tells what is to come of it."""
        with self._lock:
            self._machine.perform(chain.run, call)

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
