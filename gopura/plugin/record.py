"""The record that log plugins write of a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gopura._engine import Exchange

VALUES = "gopura.record.values"
"""Where in `exchange.ctx` other plugins' values for the record lie."""


def set_value(exchange: Exchange, name: str, value: Any) -> None:
    """Have the record carry a value; dots in the name nest it."""
    exchange.ctx.setdefault(VALUES, {})[name] = value
