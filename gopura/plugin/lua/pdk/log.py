"""`kong.log` and `ngx.log`: lines in the log, and what the record of the request has."""

from __future__ import annotations

import logging
from typing import Any

from gopura.logs import NOTICE
from gopura.plugin.lua.pdk.arguments import Misuse
from gopura.plugin.lua.pdk.provided import ANY, ROUTED, Call, provides
from gopura.plugin.record import record, set_value

LEVELS = {
    "emerg": logging.CRITICAL,
    "alert": logging.CRITICAL,
    "crit": logging.CRITICAL,
    "err": logging.ERROR,
    "warn": logging.WARNING,
    "notice": NOTICE,
    "info": logging.INFO,
    "debug": logging.DEBUG,
}
_NUMBERS = dict(enumerate(("emerg", *LEVELS)))
"""ngx.STDERR (0) to ngx.DEBUG (8)."""


@provides("kong.log.write", ANY)
def _write(call: Call, level: str, message: str) -> None:
    call.log.log(LEVELS[level], "%s", message)


@provides("ngx.write_log", ANY)
def _write_numbered(call: Call, level: Any, message: str) -> None:
    if level not in _NUMBERS:
        raise Misuse("bad log level")
    _write(call, _NUMBERS[level], message)


@provides("kong.log.serialize", ("log",))
def _serialize(call: Call) -> dict[str, Any]:
    return record(call.exchange)


@provides("kong.log.set_serialize_value", ROUTED)
def _set_serialize_value(call: Call, key: Any, value: Any) -> None:
    if not isinstance(key, str):
        raise Misuse("key must be a string")
    set_value(call.exchange, key, value)
