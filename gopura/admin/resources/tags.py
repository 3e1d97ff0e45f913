"""Tags: which entity carries which. They change with the entities only."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura import schema
from gopura.admin import listing
from gopura.admin.call import Call
from gopura.admin.collection import paged
from gopura.admin.described import described
from gopura.admin.errors import InvalidUnique
from gopura.admin.keys import problem
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint

_READ_ONLY = {"tags": "does not support insert/upsert/update/delete operations"}


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """All tags, one tag."""
    entity = resources["tags"].entity
    yield Endpoint("/tags", {"GET": list_all, "POST": refuse}, entity)
    yield Endpoint(
        "/tags/{tags}", {"GET": list_one} | dict.fromkeys(("PUT", "PATCH", "DELETE"), refuse), entity
    )


_PAGE = {
    "data": [
        {"entity_name": "services", "entity_id": "5b1b9c9e-6a3c-4d0e-8f5a-0d8f7c1e2a33", "tag": "team-a"}
    ],
    "next": None,
}
_QUERY = {"size": "So many at most.", "offset": "Where to continue: the `offset` of the page before."}


@described(query=_QUERY, answer=_PAGE)
async def list_all(call: Call) -> Response:
    """A page of every tag on every entity."""
    wanted = listing.read(call.query, call.gateway.entities["tags"])
    async with call.reading() as reader:
        page = await reader.tags(wanted.size, wanted.offset)
    return paged(page, "/tags", "" if wanted.size_text is None else f"&size={wanted.size_text}")


@described(path={"tags": "The tag."}, query=_QUERY, answer=_PAGE)
async def list_one(call: Call) -> Response:
    """A page of the entities that carry a tag."""
    tag, entity = call.param("tags"), call.gateway.entities["tags"]
    message = problem(entity, "tag", tag)
    if message is not None:
        raise InvalidUnique("tag", message)
    wanted = listing.read(call.query, entity)
    async with call.reading() as reader:
        page = await reader.tags(wanted.size, wanted.offset, tag)
    return paged(page, f"/tags/{call.params['tags']}")


@described(path={"tags": "The tag."})
async def refuse(_call: Call) -> Response:
    """Refused: tags are written on entities."""
    raise schema.SchemaViolation(_READ_ONLY)
