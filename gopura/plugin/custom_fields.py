"""Fields of log entries whose values Lua code gives (`custom_fields_by_lua`)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gopura.plugin.lua import CodeError, Lua
from gopura.plugin.record import set_value

if TYPE_CHECKING:
    from gopura._engine import Exchange

log = logging.getLogger("gopura.plugins")


def set_fields(exchange: Exchange, fields: Mapping[str, str] | None, lua: Lua) -> None:
    """Have the record carry what the code returns; what fails is logged and left out."""
    for name, code in (fields or {}).items():
        try:
            set_value(exchange, name, lua.run(code, exchange))
        except CodeError as error:
            log.error("custom_fields_by_lua.%s: %s", name, error)  # noqa: TRY400 - the user's code
