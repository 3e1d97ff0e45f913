"""Fields of log entries whose values Lua code gives (`custom_fields_by_lua`)."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gopura.plugin.record import set_value

if TYPE_CHECKING:
    from gopura._engine import Exchange

log = logging.getLogger("gopura.plugins")

_ALLOWED = (
    "string",
    "math",
    "table",
    "type",
    "tostring",
    "tonumber",
    "pairs",
    "ipairs",
    "next",
    "select",
    "unpack",
)
_lock = threading.Lock()


def set_fields(exchange: Exchange, fields: Mapping[str, str] | None) -> None:
    """Have the record carry what the code returns; what fails is logged and left out."""
    for name, code in (fields or {}).items():
        try:
            set_value(exchange, name, value_of(code, exchange))
        except Exception as error:
            log.error("custom_fields_by_lua.%s: %s", name, error)  # noqa: TRY400 - the user's code


def value_of(code: str, exchange: Exchange) -> Any:
    """Run code, with a part of Kong's interface to the request in `kong`."""
    with _lock:
        value = _compiled(code)(_interface(exchange))
        return _plain(value)


@lru_cache(maxsize=1000)
def _compiled(code: str) -> Any:
    names = ",".join(f"{name}={name}" for name in _ALLOWED)
    runtime = _runtime()
    load = runtime.eval("function(code) return assert(loadstring(code)) end")
    bind = runtime.eval(f"function(f) local env = {{{names}}}; setfenv(f, env); "
                        "return function(kong) env.kong = kong; return f() end end")  # fmt: skip
    return bind(load(code))


@lru_cache(maxsize=1)
def _runtime() -> Any:
    luajit = importlib.import_module("lupa.luajit21")
    return luajit.LuaRuntime(register_eval=False, register_builtins=False, unpack_returned_tuples=True)


def _interface(exchange: Exchange) -> Any:
    request, response = exchange.request, exchange.response
    table = _runtime().table_from
    functions = {
        "request": {
            "get_header": request.headers.get,
            "get_method": lambda: request.method,
            "get_path": lambda: request.path,
            "get_raw_query": lambda: request.raw_query,
            "get_query_arg": lambda name: request.query.get(name),
            "get_host": lambda: request.host,
            "get_scheme": lambda: request.scheme,
            "get_port": lambda: request.port,
        },
        "response": {"get_header": response.headers.get, "get_status": lambda: response.status},
        "client": {"get_ip": lambda: request.client_ip, "get_forwarded_ip": lambda: request.client_ip},
    }
    return table({name: table(of) for name, of in functions.items()})


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    items = {key: _plain(item) for key, item in value.items()}
    ordered = range(1, len(items) + 1)
    return [items[at] for at in ordered] if items and all(at in items for at in ordered) else items
