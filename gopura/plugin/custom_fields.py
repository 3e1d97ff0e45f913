"""Fields of log entries whose values Lua code gives (`custom_fields_by_lua`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from gopura.plugin.lua import Call, CodeError
from gopura.plugin.record import set_value

if TYPE_CHECKING:
    from gopura._engine import Exchange
    from gopura.plugin.lifecycle import Plugin


def set_fields(exchange: Exchange, fields: Mapping[str, str] | None, plugin: Plugin) -> None:
    """Have the record carry what the code returns; what fails is logged and left out."""
    for name, code in (fields or {}).items():
        try:
            call = Call(exchange, "log", plugin.node, plugin.log_to, plugin.name)
            set_value(exchange, name, plugin.node.lua.run(code, call))
        except CodeError as error:
            plugin.log_to.error("custom_fields_by_lua.%s: %s", name, error)  # noqa: TRY400 - the user's code
