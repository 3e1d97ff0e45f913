"""`/`: the node, its configuration and its plugins."""

import asyncio
import os
import platform
import socket
from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.gateway import Gateway
from gopura.admin.release import KONG_VERSION
from gopura.admin.router import Endpoint
from gopura.entities.plugins import enabled
from gopura.release import VERSION


def endpoints() -> Iterator[Endpoint]:
    """The node and its plugins."""
    yield Endpoint("/", {"GET": get})
    yield Endpoint("/plugins/enabled", {"GET": names})


@described(
    answer={
        "tagline": "Welcome to gopura",
        "version": KONG_VERSION,
        "gopura_version": VERSION,
        "plugins": {
            "available_on_server": {"acl": {"version": "3.5.0", "priority": 950}},
            "enabled_in_cluster": [],
        },
        "configuration": {"database": "sqlite", "admin_listen": ["127.0.0.1:8001"]},
    }
)
async def get(call: Call) -> Response:
    """What this node is: its version, its settings without secrets, its plugins."""
    async with call.reading() as reader:
        used = await reader.distinct("plugins", "name")
    return answers.json(
        {
            "tagline": "Welcome to gopura",
            "version": KONG_VERSION,
            # Kong has it since 3.6; later Managers take a node without it for the paid edition.
            "edition": "community",
            "gopura_version": VERSION,
            "lua_version": f"none (Python {platform.python_version()})",
            "hostname": socket.gethostname(),
            "node_id": call.gateway.node_id,
            "timers": {"running": len(asyncio.all_tasks()), "pending": 0},
            "plugins": {"available_on_server": _available(), "enabled_in_cluster": used},
            "configuration": configuration(call.gateway),
            "pids": _pids(call.gateway),
        }
    )


@described(answer={"enabled_plugins": ["acl", "acme"]})
async def names(_call: Call) -> Response:
    """The names of the plugins that this node has."""
    return answers.json({"enabled_plugins": list(enabled())})


def configuration(gateway: Gateway) -> dict[str, Any]:
    """The settings without secrets."""
    return gateway.settings.public() | {"loaded_plugins": dict.fromkeys(enabled(), True)}


def _available() -> dict[str, Any]:
    found = enabled().items()
    return {name: {"version": plugin.version, "priority": plugin.priority} for name, plugin in found}


def _pids(gateway: Gateway) -> dict[str, Any]:
    workers = [peer.report["pid"] for peer in gateway.link.peers if "pid" in peer.report]
    return {"master": os.getppid(), "workers": workers or [os.getpid()]}
