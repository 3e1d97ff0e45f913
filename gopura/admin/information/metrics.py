"""`/metrics`: what Prometheus fetches."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import psutil
from starlette.responses import Response

from gopura.admin.call import Call
from gopura.admin.information.status import reachable, server
from gopura.admin.router import Endpoint
from gopura.plugins.prometheus.text import Samples, family
from gopura.release import VERSION

_STATES = ("accepted", "active", "handled", "reading", "waiting", "writing")
_HEALTH = ("healthchecks_off", "healthy", "unhealthy", "dns_error")
_MEDIA = "text/plain; charset=UTF-8"


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/metrics", {"GET": get})


async def get(call: Call) -> Response:
    """What the plugin of that name counts, and what is known of this node."""
    node = [part async for part in _node(call)]
    counted = await call.gateway.link.call("plugin", plugin="prometheus", question="metrics", params={})
    text = "".join([*node, *counted[:1]])
    return Response(text, headers={"Content-Type": _MEDIA, "Access-Control-Allow-Origin": "*"})


async def _node(call: Call) -> AsyncIterator[str]:
    identity = {"node_id": call.gateway.node_id}
    numbers, http = server(call.gateway), identity | {"subsystem": "http"}
    states: Samples = [(http | {"state": state}, numbers[f"connections_{state}"]) for state in _STATES]
    states = [*states, (http | {"state": "total"}, numbers["total_requests"])]
    total: Samples = [(http, numbers["total_requests"])]
    yield family("kong_datastore_reachable", "gauge", "Datastore reachable from Kong, 0 is unreachable",
                 [({}, int(await reachable(call.gateway.store)))])  # fmt: skip
    for name, kind, about, samples in (
        ("kong_nginx_connections_total", "gauge", "Number of connections by subsystem", states),
        ("kong_nginx_requests_total", "gauge", "Number of requests total", total),
        ("kong_nginx_metric_errors_total", "counter", "Number of nginx-lua-prometheus errors", [({}, 0)]),
        ("kong_node_info", "gauge", "Kong Node metadata information", [(identity | {"version": VERSION}, 1)]),
    ):
        yield family(name, kind, about, samples)
    running: Samples = [({"state": "running"}, len(asyncio.all_tasks())), ({"state": "pending"}, 0)]
    yield family("kong_nginx_timers", "gauge", "Number of the control process's tasks", running)
    for part in _memory(call, identity):
        yield part
    async for part in _targets(call):
        yield part


def _memory(call: Call, identity: dict[str, str]) -> Iterator[str]:
    reports = [peer.report for peer in call.gateway.link.peers if "pid" in peer.report]
    sizes = {int(report["pid"]): int(report.get("memory", 0)) for report in reports}
    sizes[os.getpid()] = psutil.Process().memory_info().rss
    http = {"kong_subsystem": "http"}
    workers: Samples = [(identity | {"pid": str(pid)} | http, size) for pid, size in sizes.items()]
    yield family("kong_memory_workers_lua_vms_bytes", "gauge", "Memory of each process in bytes", workers)
    machine, of = psutil.virtual_memory(), identity | {"shared_dict": "kong"} | http
    used, total = "kong_memory_lua_shared_dict_bytes", "kong_memory_lua_shared_dict_total_bytes"
    yield family(used, "gauge", "Used memory of the machine in bytes", [(of, machine.used)])
    yield family(total, "gauge", "Memory of the machine in bytes", [(of, machine.total)])


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
