"""`/clustering/...`: the data planes of a control plane."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers, listing
from gopura.admin.call import Call
from gopura.admin.collection import paged
from gopura.admin.described import described
from gopura.admin.router import Endpoint

_ONLY = "this endpoint is only available when Kong is configured to run as Control Plane for the cluster"


def endpoints() -> Iterator[Endpoint]:
    """Data planes as a list, and by id."""
    yield Endpoint("/clustering/data-planes", {"GET": data_planes})
    yield Endpoint("/clustering/status", {"GET": status})


@described(
    query={"size": "So many at most.", "offset": "Where to continue: the `offset` of the page before."},
    answer={"data": [], "next": None},
)
async def data_planes(call: Call) -> Response:
    """List the data planes."""
    if call.gateway.settings.role != "control_plane":
        return answers.message(_ONLY, 400)
    entity = call.gateway.entities["clustering_data_planes"]
    wanted = listing.read(call.query, entity)
    async with call.reading() as reader:
        page = await reader.page(entity.name, wanted.size, wanted.offset)
    return paged(page, "/clustering/data-planes")


@described(answer={})
async def status(call: Call) -> Response:
    """Show the data planes by their ids, in Kong's older shape."""
    if call.gateway.settings.role != "control_plane":
        return answers.message(_ONLY, 400)
    async with call.reading() as reader:
        rows = await reader.all("clustering_data_planes")
    shown = ("config_hash", "hostname", "ip", "last_seen")
    body = {row["id"]: {name: row[name] for name in shown} for row in rows}
    return answers.json(body, headers={"Deprecation": "true"})
