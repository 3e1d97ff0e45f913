"""Upstreams: the health of their targets, as the data plane sees it, and setting it by hand."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from gopura.admin import answers, listing
from gopura.admin.call import Call
from gopura.admin.collection import escaped
from gopura.admin.described import described
from gopura.admin.nested import existing
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint, Handler

_TARGET = "/upstreams/{upstreams}/targets/{targets}"
_STATES = (("healthy", True), ("unhealthy", False))


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """Reading health, and setting it for a target or one of its addresses."""
    upstreams, targets = resources["upstreams"], resources["targets"]
    yield Endpoint("/upstreams/{upstreams}/health", {"GET": Health(upstreams, targets).get}, targets.entity)
    for name, healthy in _STATES:
        put: Handler = Mark(upstreams, targets, healthy).put
        for path in (f"{_TARGET}/{name}", f"{_TARGET}/{{address}}/{name}"):
            yield Endpoint(path, {"PUT": put, "POST": put}, guard=_not_on_control_planes)


def _not_on_control_planes(gateway: Any) -> Response | None:
    return answers.not_found() if gateway.settings.role == "control_plane" else None


class Health:
    """`/upstreams/{upstreams}/health`."""

    def __init__(self, upstreams: Resource, targets: Resource) -> None:
        self.upstreams, self.targets = upstreams, targets

    @described(
        query={
            "size": "So many at most.",
            "offset": "Where to continue: the `offset` of the page before.",
            "balancer_health": "`1`: how much of the upstream's weight is healthy, in place of the targets.",
        },
        answer={
            "data": [{"target": "10.0.0.1:8080", "weight": 100, "health": "HEALTHY"}],
            "next": None,
            "node_id": "5b1b9c9e-6a3c-4d0e-8f5a-0d8f7c1e2a33",
        },
    )
    async def get(self, call: Call) -> Response:
        """Every target with its health, or the balancer's with `balancer_health=1`."""
        wanted = listing.read(call.query, self.targets.entity)
        async with call.reading() as reader:
            upstream = await existing(call, self.upstreams, reader)
            page = await self.targets.page_under(reader, wanted, "upstream", upstream["id"])
        node: dict[str, Any] = {"next": None, "node_id": call.gateway.node_id}
        if str(call.query.get("balancer_health")) == "1":
            return answers.json(node | {"data": await _asked(call, "balancer_health", upstream["id"])})
        known = await _asked(call, "upstream_health", upstream["id"])
        body = node | {"data": [_with_health(target, known) for target in page.data]}
        if page.offset is not None:
            link = f"/upstreams/{call.params['upstreams']}/health?offset={escaped(page.offset)}"
            body |= {"next": link, "offset": page.offset}
        return answers.json(body)


async def _asked(call: Call, question: str, upstream: str) -> dict[str, Any] | None:
    found = await call.gateway.ask(question, upstream=upstream)
    return next((answer for answer in found if answer is not None), None)


def _with_health(target: dict[str, Any], known: dict[str, Any] | None) -> dict[str, Any]:
    if known is None:
        return target
    data = known.get(target["target"])
    states = {address["health"] for address in (data or {}).get("addresses", ())}
    health = "DNS_ERROR"
    if states:
        health = next((one for one in ("HEALTHY", "UNHEALTHY") if one in states), "HEALTHCHECKS_OFF")
    return target | {"health": health} | ({"data": data} if data else {})


class Mark:
    """`.../healthy` and `.../unhealthy`."""

    def __init__(self, upstreams: Resource, targets: Resource, healthy: bool) -> None:
        self.upstreams, self.targets, self.healthy = upstreams, targets, healthy

    @described(
        path={"address": "Only this address of the target, if its name has several: `10.0.0.1:8080`."},
        status=204,
    )
    async def put(self, call: Call) -> Response:
        """Take a target for healthy or unhealthy, until a health check finds otherwise."""
        async with call.reading() as reader:
            upstream = await existing(call, self.upstreams, reader)
            key = await self.targets.key(reader, call.param("targets"), upstream)
            target = await self.targets.stored(reader, key)
        if target is None or target["upstream"]["id"] != upstream["id"]:
            return answers.not_found()
        address = call.param("address") if "address" in call.params else None
        state = {"target": target["target"], "address": address, "healthy": self.healthy}
        found = await call.gateway.ask("set_target_health", upstream=upstream["id"], **state)
        problem = next(
            (answer["error"] for answer in found if isinstance(answer, dict) and "error" in answer), None
        )
        return answers.message(problem, 400) if problem else answers.empty()
