"""`/status`: connections, memory, and whether the database answers."""

import os
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

import psutil
from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.gateway import Gateway
from gopura.admin.router import Endpoint
from gopura.store import DatabaseUnavailable, Store

_CONNECTIONS = ("accepted", "active", "handled", "reading", "waiting", "writing")
_MOST_DIGITS = 99
_UNITS = {"b": ("B", 0), "k": ("KiB", 1), "m": ("MiB", 2), "g": ("GiB", 3)}


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/status", {"GET": get})


@described(
    query={
        "unit": "In which memory is told: `b`, `k`, `m` (the default) or `g`.",
        "scale": "So many digits after the point; 2 when it is left out.",
    },
    answer={
        "database": {"reachable": True},
        "memory": {
            "workers_lua_vms": [{"pid": 4711, "http_allocated_gc": "80.12 MiB"}],
            "lua_shared_dicts": {"kong": {"allocated_slabs": "812.40 MiB", "capacity": "7936.00 MiB"}},
        },
        "server": {"connections_active": 1, "total_requests": 12},
    },
)
async def get(call: Call) -> Response:
    """Connections, memory, and whether the database answers."""
    problem = _problem(call.query)
    if problem:
        return answers.message(problem, 400)
    body: dict[str, Any] = {"memory": _memory(call), "server": server(call.gateway)}
    if limited := _limited(call.gateway):
        body["certificates"] = {"limited": limited}
    if call.gateway.settings.database == "off":
        body["configuration_hash"] = call.gateway.store.configuration_hash
    else:
        body["database"] = {"reachable": await reachable(call.gateway.store)}
    return answers.json(body)


def _problem(query: dict[str, Any]) -> str | None:
    unit = query.get("unit", "m")
    if str(unit).lower() not in _UNITS:
        return f"invalid unit '{unit}' (expected 'k/K', 'm/M', or 'g/G')"
    return "scale must be equal or greater than 0" if _scale(query) < 0 else None


def _scale(query: dict[str, Any]) -> int:
    try:
        return min(int(query["scale"]), _MOST_DIGITS)
    except (KeyError, TypeError, ValueError):
        return 2


def _memory(call: Call) -> dict[str, Any]:
    unit, power = _UNITS[str(call.query.get("unit", "m")).lower()]

    def text(size: int) -> Any:
        return size if power == 0 else f"{size / 1024**power:.{_scale(call.query)}f} {unit}"

    workers = [
        {"pid": peer.report["pid"], "http_allocated_gc": text(int(peer.report.get("memory", 0)))}
        for peer in call.gateway.link.peers
        if "pid" in peer.report
    ]
    own = {"pid": os.getpid(), "http_allocated_gc": text(psutil.Process().memory_info().rss)}
    total = psutil.virtual_memory()
    shared = {"kong": {"allocated_slabs": text(total.used), "capacity": text(total.total)}}
    return {"workers_lua_vms": sorted([*workers, own], key=itemgetter("pid")), "lua_shared_dicts": shared}


def server(gateway: Gateway) -> dict[str, int]:
    """Connections and requests of all data planes."""
    found = dict.fromkeys([*(f"connections_{name}" for name in _CONNECTIONS), "total_requests"], 0)
    for peer in gateway.link.peers:
        counters = peer.report.get("counters", {})
        found = {name: number + int(counters.get(name, 0)) for name, number in found.items()}
    return found


def _limited(gateway: Gateway) -> list[dict[str, str]]:
    """Certificates that data planes do not serve as usual."""
    found: dict[str, str] = {}
    for peer in gateway.link.peers:
        found |= peer.report.get("limited_certificates", {})
    return [{"id": key, "reason": reason} for key, reason in sorted(found.items())]


async def reachable(store: Store) -> bool:
    """Whether the database answers."""
    try:
        await store.version()
    except DatabaseUnavailable:
        return False
    return True
