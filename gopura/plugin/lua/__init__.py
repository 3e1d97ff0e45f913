"""Lua code of configurations: one LuaJIT machine, in which code reaches neither Python nor what other code has.

`untrusted_lua` says what the code sees; bounds.lua what it may take. A run ends after ten million instructions
(about 60 ms) or a quarter of a second of its thread's time; its allocator gives 160 MiB to all code together.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gopura.plugin.lua.machine import Machine, Policy, Run
from gopura.plugin.lua.pdk import Call
from gopura.plugin.lua.values import AnyCase, CodeError, Scope, text_of
from gopura.schema.types.lua import DISABLED

__all__ = ["AnyCase", "Call", "Chain", "CodeError", "Lua", "Policy", "Run", "Scope"]

log = logging.getLogger("gopura.plugins")


class Chain:
    """Codes that run one after the other, compiled for the machine that they ran on last."""

    def __init__(self, codes: Sequence[str]) -> None:
        self._codes = tuple(codes)
        self._machine: Machine | None = None
        self._run: Callable[[], Any]

    def on(self, machine: Machine) -> Callable[[], Any]:
        """What runs them; anew after the machine was."""
        if self._machine is not machine:
            self._machine, self._run = machine, machine.chain(self._codes)
        return self._run


class Lua:
    """Runs code as a policy has it, from any thread. All methods raise CodeError."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._lock = threading.Lock()
        self._made: Machine | None = None

    def run(self, code: str, call: Call) -> Any:
        """Run code for a phase of a request; gives what it returns, as JSON has it."""
        with self._lock:
            machine = self._machine()
            return machine.result(partial(machine.run, machine.code(code)), call)

    def chain(self, codes: Sequence[str]) -> Chain:
        """Compile codes that run one after the other, for many requests; what they keep in variables they keep."""
        with self._lock:
            chain = Chain(codes)
            chain.on(self._machine())
            return chain

    def call(self, chain: Chain, call: Call) -> Run | None:
        """Run them for a phase of a request; `call` tells what is to come of it. None: they have ended.

        Otherwise they wait, for `wanted`: `go` on with it.
        """
        with self._lock:
            machine = self._machine()
            return machine.perform(chain.on(machine), call)

    def go(self, run: Run, *values: Any) -> bool:
        """Go on with what the run waited for; whether it waits again."""
        with self._lock:
            return run.go(*values)

    def evaluate(self, expression: str, names: tuple[str, ...], scope: Scope) -> str:
        """Say as text what an expression comes to with the values of these names; nothing for nil and false."""
        with self._lock:
            machine = self._machine()
            try:
                run = machine.expression(",".join(names) or "_", expression)
                return text_of(machine.evaluate(run, *[scope.given(name, machine) for name in names]))
            except machine.failure as error:
                raise machine.explained(error) from error

    def _machine(self) -> Machine:
        """The machine; a new one when what its codes keep leaves too little for others."""
        if self._policy.mode == "off":
            raise CodeError(DISABLED)
        if self._made is not None and self._made.is_full:
            log.error("Lua code keeps too much in its variables: all of it begins anew")
            self._made = None
        if self._made is None:
            self._made = Machine(self._policy)
        return self._made
