"""What a plugin author imports: the lifecycle, the exchange, the node and the configuration language."""

from typing import TYPE_CHECKING, Any

from gopura import schema as config
from gopura.logs import NOTICE
from gopura.plugin.lifecycle import PHASES, Phases, Plugin, Use
from gopura.plugin.node import Node
from gopura.schema.types.protocols import HTTP_PROTOCOLS
from gopura.schema.types.protocols import PROTOCOLS as ALL_PROTOCOLS

if TYPE_CHECKING:
    from gopura._engine import (
        Counters,
        Entity,
        Exchange,
        Headers,
        Limits,
        MatchLimitError,
        Pattern,
        Request,
        Response,
        Tls,
        UpstreamRequest,
    )

__all__ = [
    "ALL_PROTOCOLS",
    "HTTP_PROTOCOLS",
    "NOTICE",
    "PHASES",
    "Counters",
    "Entity",
    "Exchange",
    "Headers",
    "Limits",
    "MatchLimitError",
    "Node",
    "Pattern",
    "Phases",
    "Plugin",
    "Request",
    "Response",
    "Tls",
    "UpstreamRequest",
    "Use",
    "config",
]


def __getattr__(name: str) -> Any:
    """Load the engine only when a type of it is asked for: the control plane works without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gopura import _engine

    return getattr(_engine, name)
