"""Consumers: looked up by `custom_id` too."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.collection import Collection
from gopura.admin.described import described
from gopura.admin.errors import InvalidUnique
from gopura.admin.keys import problem
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint


class Consumers(Collection):
    """`/consumers`."""

    @described(
        query={"custom_id": "Only the consumer that has this `custom_id`; the list is then not in pages."}
    )
    async def list(self, call: Call) -> Response:
        """One page of all."""
        if "custom_id" not in call.query:
            return await super().list(call)
        wanted = call.query["custom_id"]
        if not isinstance(wanted, str) or not wanted:
            return answers.message("custom_id must be an unempty string", 400)
        if message := problem(self.resource.entity, "custom_id", wanted):
            raise InvalidUnique("custom_id", message)
        found = await call.gateway.store.get_by("consumers", "custom_id", wanted)
        return answers.json({"data": [] if found is None else [found], "next": None})


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """The collection with the look-up."""
    resource = resources["consumers"]
    yield Endpoint("/consumers", Consumers(resource).methods, resource.entity)
