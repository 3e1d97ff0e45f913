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
from gopura.admin.gateway import Gateway
from gopura.admin.release import KONG_VERSION, VERSION
from gopura.admin.router import Endpoint
from gopura.entities._bundled import classes
from gopura.plugin import Plugin


def endpoints() -> Iterator[Endpoint]:
    """The node and its plugins."""
    yield Endpoint("/", {"GET": get})
    yield Endpoint("/plugins/enabled", {"GET": enabled})


async def get(call: Call) -> Response:
    """Everything at once; clients read `version`, `configuration` and `plugins`."""
    async with call.gateway.store.reading() as reader:
        used = {row["name"]: None for row in await reader.all("plugins")}
    return answers.json(
        {
            "tagline": "Welcome to gopura",
            "version": KONG_VERSION,
            "gopura_version": VERSION,
            "lua_version": f"none (Python {platform.python_version()})",
            "hostname": socket.gethostname(),
            "node_id": call.gateway.node_id,
            "timers": {"running": len(asyncio.all_tasks()), "pending": 0},
            "plugins": {"available_on_server": _available(call.gateway), "enabled_in_cluster": list(used)},
            "configuration": configuration(call.gateway),
            "pids": _pids(call.gateway),
        }
    )


async def enabled(call: Call) -> Response:
    """The names of the plugins that this node has."""
    return answers.json({"enabled_plugins": list(loaded(call.gateway))})


def loaded(gateway: Gateway) -> dict[str, type[Plugin]]:
    """The plugins that the setting `plugins` admits."""
    names = gateway.settings.plugins
    return {name: plugin for name, plugin in classes().items() if "bundled" in names or name in names}


def configuration(gateway: Gateway) -> dict[str, Any]:
    """The settings without secrets."""
    return gateway.settings.public() | {"loaded_plugins": dict.fromkeys(loaded(gateway), True)}


def _available(gateway: Gateway) -> dict[str, Any]:
    return {
        name: {"version": plugin.version, "priority": plugin.priority}
        for name, plugin in loaded(gateway).items()
    }


def _pids(gateway: Gateway) -> dict[str, Any]:
    workers = [peer.report["pid"] for peer in gateway.link.peers if "pid" in peer.report]
    return {"master": os.getppid(), "workers": workers or [os.getpid()]}
