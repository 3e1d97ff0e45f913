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
from gopura.plugins.prometheus.node import datastore, node, timers
from gopura.plugins.prometheus.targets import targets

_MEDIA = "text/plain; charset=UTF-8"


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/metrics", {"GET": get})


@described(media=("text/plain",))
async def get(call: Call) -> Response:
    """Measurements for Prometheus: what its plugin counts, and what is known of this node."""
    own = [part async for part in _node(call)]
    counted = await _asked(call, "metrics")
    text = "".join([*own, *counted[:1]])
    return Response(text, headers={"Content-Type": _MEDIA})


async def _node(call: Call) -> AsyncIterator[str]:
    yield datastore(await reachable(call.gateway.store))
    yield timers(len(asyncio.all_tasks()))
    reports = [peer.report for peer in call.gateway.link.peers if "pid" in peer.report]
    sizes = {int(report["pid"]): int(report.get("memory", 0)) for report in reports}
    sizes[os.getpid()] = psutil.Process().memory_info().rss
    for part in node(call.gateway.node_id, server(call.gateway), sizes):
        yield part
    if any(await _asked(call, "upstream_health")):
        yield targets([health async for health in _healths(call)])


async def _asked(call: Call, question: str) -> list[Any]:
    return await call.gateway.link.call("plugin", plugin="prometheus", question=question, params={})


async def _healths(call: Call) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    async with call.reading() as reader:
        upstreams = await reader.all("upstreams")
    for upstream in upstreams:
        found = await call.gateway.ask("upstream_health", upstream=upstream["id"])
        yield upstream["name"], next(filter(None, found), {})
