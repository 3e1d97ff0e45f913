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
    from gopura._engine import Entity, Exchange

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
    return luajit.LuaRuntime(
        register_eval=False,
        register_builtins=False,
        unpack_returned_tuples=True,
        attribute_filter=_hidden,
    )


def _hidden(_value: Any, name: Any, _is_setting: bool) -> Any:
    """Keep Lua within the functions that it is given: their attributes would lead to all of Python."""
    raise AttributeError(f"there is no {name}")


def _interface(exchange: Exchange) -> Any:
    request, response = exchange.request, exchange.response
    functions = {
        "request": {
            "get_header": request.headers.get,
            "get_method": lambda: request.method,
            "get_path": lambda: request.path,
            "get_raw_query": lambda: request.raw_query,
            "get_query_arg": lambda name: _table(request.query.get(name)),
            "get_query": lambda: _table(request.query),
            "get_headers": lambda: _table(request.headers.to_dict()),
            "get_host": lambda: request.host,
            "get_scheme": lambda: request.scheme,
            "get_port": lambda: request.port,
        },
        "response": {
            "get_header": response.headers.get,
            "get_headers": lambda: _table(response.headers.to_dict()),
            "get_status": lambda: response.status,
            "get_source": lambda: response.source,
        },
        "client": {
            "get_ip": lambda: request.client_ip,
            "get_forwarded_ip": lambda: request.client_ip,
            "get_consumer": lambda: _entity(exchange.consumer),
            "get_credential": lambda: _entity(exchange.credential),
        },
        "router": {
            "get_route": lambda: _entity(exchange.route),
            "get_service": lambda: _entity(exchange.service),
        },
    }
    return _table(functions)


def _entity(entity: Entity | None) -> Any:
    return None if entity is None else _table(entity.value)


def _table(value: Any) -> Any:
    """A value as Lua takes it: what has parts is a table."""
    if isinstance(value, Mapping):
        return _runtime().table_from({name: _table(part) for name, part in value.items()})
    return _runtime().table_from([_table(part) for part in value]) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    items = {key: _plain(item) for key, item in value.items()}
    ordered = range(1, len(items) + 1)
    return [items[at] for at in ordered] if items and all(at in items for at in ordered) else items
