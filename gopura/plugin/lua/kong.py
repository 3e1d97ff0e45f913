"""The part of Kong's interface that Lua code of configurations finds in `kong`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gopura._engine import Entity


def _value(entity: Entity | None) -> Any:
    return None if entity is None else entity.value


KONG: Mapping[str, Callable[..., Any]] = {
    "client.get_consumer": lambda exchange: _value(exchange.consumer),
    "client.get_credential": lambda exchange: _value(exchange.credential),
    "client.get_forwarded_ip": lambda exchange: exchange.request.client_ip,
    "client.get_ip": lambda exchange: exchange.request.client_ip,
    "request.get_header": lambda exchange, name: exchange.request.headers.get(name),
    "request.get_headers": lambda exchange: exchange.request.headers.to_dict(),
    "request.get_host": lambda exchange: exchange.request.host,
    "request.get_method": lambda exchange: exchange.request.method,
    "request.get_path": lambda exchange: exchange.request.path,
    "request.get_port": lambda exchange: exchange.request.port,
    "request.get_query": lambda exchange: exchange.request.query,
    "request.get_query_arg": lambda exchange, name: exchange.request.query.get(name),
    "request.get_raw_query": lambda exchange: exchange.request.raw_query,
    "request.get_scheme": lambda exchange: exchange.request.scheme,
    "response.get_header": lambda exchange, name: exchange.response.headers.get(name),
    "response.get_headers": lambda exchange: exchange.response.headers.to_dict(),
    "response.get_source": lambda exchange: exchange.response.source,
    "response.get_status": lambda exchange: exchange.response.status,
    "router.get_route": lambda exchange: _value(exchange.route),
    "router.get_service": lambda exchange: _value(exchange.service),
}
"""By name below `kong`: what answers with the exchange and the arguments of the call."""
