"""What pre-function and post-function share: Lua code by phase. It is checked and kept; nothing here can run it."""

from typing import Generic, TypeVar

from gopura import schema

PHASES = ("certificate", "rewrite", "access", "header_filter", "body_filter", "log")
IDLE = "its Lua code does not run here (a plugin in Python can do the same)"
SOME_PHASE = schema.AtLeastOneOf(*(f"config.{phase}" for phase in PHASES))

Function = TypeVar("Function")


class LuaPhases(schema.Record, Generic[Function]):
    """The code, by phase."""

    certificate: list[Function] = []
    """Runs when the client's TLS hello has come."""
    rewrite: list[Function] = []
    """Runs before a route is looked for."""
    access: list[Function] = []
    """Runs before the upstream gets the request."""
    header_filter: list[Function] = []
    """Runs when the response's head has come."""
    body_filter: list[Function] = []
    """Runs for each piece of the response's body."""
    log: list[Function] = []
    """Runs after the response."""
