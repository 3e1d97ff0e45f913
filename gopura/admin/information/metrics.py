"""`/metrics`: what Prometheus fetches."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
from starlette.responses import Response

from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.information.status import reachable, server
from gopura.admin.router import Endpoint
from gopura.plugins.prometheus.node import node
from gopura.plugins.prometheus.text import Samples, family

_HEALTH = ("healthchecks_off", "healthy", "unhealthy", "dns_error")
_MEDIA = "text/plain; charset=UTF-8"


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/metrics", {"GET": get})


@described(media=("text/plain",))
async def get(call: Call) -> Response:
    """Measurements for Prometheus: what its plugin counts, and what is known of this node."""
    own = [part async for part in _node(call)]
    counted = await call.gateway.link.call("plugin", plugin="prometheus", question="metrics", params={})
    text = "".join([*own, *counted[:1]])
    return Response(text, headers={"Content-Type": _MEDIA})


async def _node(call: Call) -> AsyncIterator[str]:
    answers = int(await reachable(call.gateway.store))
    about = "Datastore reachable from Kong, 0 is unreachable"
    yield family("kong_datastore_reachable", "gauge", about, [({}, answers)])
    running: Samples = [({"state": "running"}, len(asyncio.all_tasks())), ({"state": "pending"}, 0)]
    yield family("kong_nginx_timers", "gauge", "Number of the control process's tasks", running)
    reports = [peer.report for peer in call.gateway.link.peers if "pid" in peer.report]
    sizes = {int(report["pid"]): int(report.get("memory", 0)) for report in reports}
    sizes[os.getpid()] = psutil.Process().memory_info().rss
    for part in node(call.gateway.node_id, server(call.gateway), sizes):
        yield part
    async for part in _targets(call):
        yield part


async def _targets(call: Call) -> AsyncIterator[str]:
    async with call.reading() as reader:
        plugins = await reader.all("plugins", {"name": "prometheus"})
        if not any(plugin["enabled"] and plugin["config"]["upstream_health_metrics"] for plugin in plugins):
            return
        upstreams = await reader.all("upstreams")
    rows = [row for upstream in upstreams async for row in _health(call, upstream)]
    about = "Health status of targets of upstream. States = " + "|".join(_HEALTH)
    yield family(
        "kong_upstream_target_health", "gauge", f"{about}, value is 1 when state is populated.", rows
    )


async def _health(call: Call, upstream: dict[str, Any]) -> AsyncIterator[tuple[dict[str, str], int]]:
    answers = await call.gateway.link.call("upstream_health", upstream=upstream["id"])
    for target, known in (next(filter(None, answers), None) or {}).items():
        addresses = known.get("addresses") or [{"health": "DNS_ERROR"}]
        for address in addresses:
            place = f"{address['ip']}:{address['port']}" if "ip" in address else ""
            labels = {"upstream": upstream["name"], "target": target, "address": place}
            for state in _HEALTH:
                yield labels | {"state": state, "subsystem": "http"}, int(address["health"].lower() == state)
