"""The functions by name, who calls them, and in which phases they may be called."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gopura.plugin.lua.pdk.arguments import Misuse

if TYPE_CHECKING:
    import logging

    from gopura._engine import Exchange
    from gopura.plugin.node import Node

ANY = ("certificate", "rewrite", "access", "header_filter", "body_filter", "log")
REQUEST = ("rewrite", "access", "header_filter", "body_filter", "log")
BEFORE_UPSTREAM = ("rewrite", "access")
BEFORE_BODY = ("rewrite", "access", "header_filter")
WITH_RESPONSE = ("header_filter", "body_filter", "log")
ROUTED = ("access", "header_filter", "body_filter", "log")


@dataclass
class Call:
    """One phase of one request that Lua code has part in; `leave` is how it ends the request, once it does."""

    exchange: Exchange
    phase: str
    node: Node
    log: logging.Logger
    plugin: str
    chunk: bytes = b""
    last: bool = False
    replaced: bool = False
    """Whether the code gave another chunk."""
    status: int = 0
    """What the code set, before there is a response."""
    printed: list[str] = field(default_factory=list)
    leave: Callable[[], Any] | None = None
    left: bool = False
    """Whether the code ended its own run."""


class Left(Exception):  # noqa: N818 - no error: the code is done
    """The code ended the request, or its own run."""


@dataclass(frozen=True)
class _Function:
    run: Callable[..., Any]
    phases: tuple[str, ...]
    arguments: int | None
    """How many it takes beside the call; None for any number."""


_functions: dict[str, _Function] = {}


def provides(
    name: str, phases: tuple[str, ...] = REQUEST
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have Lua code call the function by this name, such as `kong.request.get_header`, in these phases."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        parameters = list(inspect.signature(run).parameters.values())[1:]
        many = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters)
        _functions[name] = _Function(run, phases, None if many else len(parameters))
        return run

    return register


def names() -> list[str]:
    """All names."""
    return list(_functions)


def answer(call: Call, name: str, arguments: tuple[Any, ...]) -> Any:
    """What a function gives, several values as a tuple; Misuse with the reason when it cannot be called so.

    As everywhere in Lua, arguments that are left out are nil, and those beyond what it takes mean nothing.
    """
    function = _functions[name]
    if call.phase not in function.phases:
        allowed = ", ".join(function.phases)
        raise Misuse(f"function cannot be called in {call.phase} phase (only in: {allowed})")
    if function.arguments is not None:
        arguments = (arguments + (None,) * function.arguments)[: function.arguments]
    return function.run(call, *arguments)
