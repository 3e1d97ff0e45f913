"""Filter chains: kept from sight while `wasm` is off, as Kong does."""

from collections.abc import Iterator
from typing import Any

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.gateway import Gateway
from gopura.admin.nested import existing
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint, Handler
from gopura.store import Reader

_DISABLED = "this endpoint is only available when wasm is enabled"


class Special(Resource):
    """Filter chains."""

    def guard(self, gateway: Gateway) -> Response | None:
        """Refuse while they are switched off."""
        return None if gateway.settings.wasm else answers.message(_DISABLED, 400)


class Filters:
    """`/routes/{routes}/filters/...`: what runs for a route, from its service's chain and its own."""

    def __init__(self, routes: Resource, enabled: bool | None) -> None:
        self.routes, self.enabled = routes, enabled

    @described(answer={"filters": [{"name": "my-filter", "from": "service", "enabled": True}]})
    async def get(self, call: Call) -> Response:
        """The filters; `enabled` tells those apart that run."""
        if not call.gateway.settings.wasm:
            return answers.message(_DISABLED, 400)
        async with call.reading() as reader:
            route = await existing(call, self.routes, reader)
            found = await _filters(reader, "service", route["service"]) + await _filters(
                reader, "route", route
            )
        return answers.json({"filters": [one for one in found if self.enabled in (None, one["enabled"])]})


async def _filters(reader: Reader, place: str, owner: dict[str, Any] | None) -> list[dict[str, Any]]:
    chain = await reader.find("filter_chains", {place: owner["id"]}) if owner else None
    if chain is None:
        return []
    name = {"name": chain["name"], "id": chain["id"]}
    return [
        {
            "name": one["name"],
            "config": one.get("config"),
            "from": place,
            "enabled": bool(chain["enabled"] and one["enabled"]),
            "filter_chain": name,
        }
        for one in chain["filters"] or []
    ]


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """The filters of a route."""
    for name, enabled in (("all", None), ("enabled", True), ("disabled", False)):
        methods: dict[str, Handler] = {"GET": Filters(resources["routes"], enabled).get}
        yield Endpoint(f"/routes/{{routes}}/filters/{name}", methods)
