"""`kong.client`, `kong.router`, `kong.node`, `kong.ip`, `kong.ctx`: who asks, where to, and who answers
(https://docs.konghq.com/gateway/3.5.x/plugin-development/pdk/kong.client/).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from gopura.plugin.lua.pdk.arguments import Misuse, text
from gopura.plugin.lua.pdk.provided import ANY, ROUTED, Call, provides
from gopura.plugin.lua.pdk.request import told_by_proxy

if TYPE_CHECKING:
    from gopura._engine import Entity


@provides("kong.client.get_ip", ANY)
def _get_ip(call: Call) -> str:
    return call.exchange.request.peer_ip


@provides("kong.client.get_forwarded_ip", ANY)
def _get_forwarded_ip(call: Call) -> str:
    return call.exchange.request.client_ip


@provides("kong.client.get_port", ANY)
@provides("kong.client.get_forwarded_port", ANY)
def _get_port(call: Call) -> int:
    return call.exchange.request.client_port


@provides("kong.client.get_protocol", ROUTED)
def _get_protocol(call: Call, allow_terminated: Any) -> Any:
    if (route := call.exchange.route) is None:
        return None, "No active route found"
    protocols = route.value["protocols"]
    if len(protocols) == 1:
        return protocols[0]
    told = told_by_proxy(call, "x-forwarded-proto") if allow_terminated else None
    return told.lower() if told else call.exchange.request.scheme


@provides("kong.client.get_consumer", ROUTED)
def _get_consumer(call: Call) -> Any:
    return _value(call.exchange.consumer)


@provides("kong.client.get_credential", ROUTED)
def _get_credential(call: Call) -> Any:
    return _value(call.exchange.credential)


@provides("kong.client.load_consumer", ROUTED)
def _load_consumer(call: Call, name: Any, search_by_username: Any) -> Any:
    name, find = text("consumer_id", name), call.exchange.find
    if not (is_id := _is_uuid(name)) and not search_by_username:
        raise Misuse("cannot load a consumer with an id that is not a uuid")
    found = find("consumers", "id", name) if is_id else None
    if found is None and search_by_username:
        found = find("consumers", "username", name)
    return _value(found)


@provides("kong.client.authenticate", ("access",))
def _authenticate(call: Call, consumer: Any, credential: Any) -> None:
    for name, value in (("consumer", consumer), ("credential", credential)):
        if value is not None and not isinstance(value, dict):
            raise Misuse(f"{name} must be a table or nil")
    if consumer is None and credential is None:
        raise Misuse("either credential or consumer must be provided")
    call.exchange.authenticate(_entity("consumers", consumer), _entity("credentials", credential))


@provides("kong.router.get_route", ROUTED)
def _get_route(call: Call) -> Any:
    return _value(call.exchange.route)


@provides("kong.router.get_service", ROUTED)
def _get_service(call: Call) -> Any:
    return _value(call.exchange.service)


@provides("kong.node.get_id", ANY)
def _get_id(call: Call) -> str:
    return call.node.id


@provides("kong.node.get_hostname", ANY)
def _get_hostname(call: Call) -> str:
    return call.node.hostname


@provides("kong.ip.is_trusted", ANY)
def _is_trusted(call: Call, address: Any) -> bool:
    return call.node.trusts(text("address", address))


@provides("kong.nginx.get_subsystem", ANY)
def _get_subsystem(_call: Call) -> str:
    return "http"


@provides("kong.ctx.in_python", ANY)
def _in_python(call: Call, name: Any) -> Any:
    """What plugins in Python share under this name; their own notes are not for others."""
    return None if str(name).startswith("gopura.") else call.exchange.ctx.get(name)


def _value(entity: Entity | None) -> dict[str, Any] | None:
    return None if entity is None else entity.value


def _entity(kind: str, value: dict[str, Any] | None) -> Entity | None:
    from gopura._engine import Entity  # the control plane works without the engine

    return None if value is None else Entity(kind, value)


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name.lower()
    except ValueError:
        return False
