"""Lua code in configurations."""

import importlib
from functools import cache
from typing import Annotated, Any

from gopura.schema.rules import Custom, Description, LenMin
from gopura.schema.surroundings import surroundings
from gopura.schema.types.lua_modules import advise_of_modules

DISABLED = "loading of untrusted Lua code disabled because 'untrusted_lua' config option is set to 'off'"


def syntax_problem(code: str) -> str | None:
    """Why the code does not compile, in the compiler's words; nothing is run."""
    try:
        outcome = _compiler()(code.encode())
    except ValueError as error:
        return str(error)
    message = outcome[1] if isinstance(outcome, tuple) else None
    return message.decode(errors="replace") if isinstance(message, bytes) else None


@cache
def _compiler() -> Any:
    luajit = importlib.import_module("lupa.luajit21")
    return luajit.LuaRuntime(encoding=None, register_eval=False, unpack_returned_tuples=True).globals()[
        b"loadstring"
    ]


def compiles(refusal: str) -> Custom:
    """A rule that the code compiles; the refusal comes before the compiler's words."""

    def check(code: str) -> str | None:
        why = syntax_problem(code)
        if not why:
            advise_of_modules(code)
        return why and f"{refusal}: {why}"

    return Custom(check)


def _field_problem(code: str) -> str | None:
    why = syntax_problem(code) if surroundings.untrusted_lua else DISABLED
    if not why:
        advise_of_modules(code)
    return why and f"Error parsing function: {why}"


LuaFields = Annotated[
    dict[
        Annotated[str, LenMin(1)],
        Annotated[str, LenMin(1), Custom(_field_problem)],
    ],
    Description(
        "Fields of the log entry, each with the Lua code that gives its value; nil removes the field."
    ),
]
