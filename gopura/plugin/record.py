"""The record that log plugins write of a request: Kong's fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gopura.json_text import dumps

if TYPE_CHECKING:
    from gopura._engine import Entity, Exchange

VALUES = "gopura.record.values"
"""Where in `exchange.ctx` other plugins' values for the record lie."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


def set_value(exchange: Exchange, name: str, value: Any) -> None:
    """Have the record carry a value; dots in the name nest it, None takes a field out."""
    exchange.ctx.setdefault(VALUES, {})[name] = value


def record(exchange: Exchange) -> dict[str, Any]:
    """All that is known of a request that has ended."""
    facts = exchange.facts
    found: dict[str, Any] = {
        "request": _request(exchange, facts),
        "response": _response(exchange, facts),
        "latencies": facts["latencies"],
        "upstream_uri": facts["upstream_uri"],
        "upstream_status": facts["upstream_status"],
        "client_ip": exchange.request.client_ip,
        "started_at": facts["started_at"],
    }
    found |= entities(exchange)
    if exchange.route is not None:
        found["tries"] = facts["tries"]
    if exchange.credential is not None:
        found["authenticated_entity"] = {"id": exchange.credential.id}
    for name, value in exchange.ctx.get(VALUES, {}).items():
        _put(found, name.split("."), value)
    return found


def encoded(exchange: Exchange) -> bytes:
    """The record as JSON."""
    return dumps(record(exchange))


def _request(exchange: Exchange, facts: Mapping[str, Any]) -> dict[str, Any]:
    request = exchange.request
    host = request.headers.get("host") or request.host
    shown = host if ":" in host else f"{host}:{request.port}"
    found = {
        "id": request.id,
        "uri": request.target,
        "url": f"{request.scheme}://{shown}{request.target}",
        "querystring": request.query,
        "method": request.method,
        "headers": request.headers.to_dict(),
        "size": facts["request_size"],
    }
    if tls := exchange.tls:
        found["tls"] = {"version": tls.version, "cipher": tls.cipher, "client_verify": tls.client_verify}
    return found


def _response(exchange: Exchange, facts: Mapping[str, Any]) -> dict[str, Any]:
    response = exchange.response
    # Kong's records are made when the request has let go of the connection: whether it lives on is not told.
    connection = "upgrade" if response.status == 101 else "close"
    headers = response.headers.to_dict() | {"connection": connection}
    return {"status": response.status, "headers": headers, "size": facts["response_size"]}


def entities(exchange: Exchange) -> dict[str, Any]:
    """The route, service and consumer of a request, as far as there are such, with the fields that are set."""
    named = {"route": exchange.route, "service": exchange.service, "consumer": exchange.consumer}
    found = {name: _present(entity) for name, entity in named.items() if entity is not None}
    if workspace := exchange.find("workspaces", "name", "default"):
        for name in ("route", "service"):
            if name in found:
                found[name]["ws_id"] = workspace.id
    return found


def _present(entity: Entity) -> dict[str, Any]:
    return {name: value for name, value in entity.value.items() if value is not None}


def _put(into: dict[str, Any], path: list[str], value: Any) -> None:
    *parents, last = path
    for name in parents:
        into = into.setdefault(name, {})
    if value is None:
        into.pop(last, None)
    else:
        into[last] = value
