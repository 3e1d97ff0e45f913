"""`/services`: list and create."""

from urllib.parse import quote

from starlette.responses import Response

from gopura.admin import answers, conditions, listing
from gopura.admin.call import Call
from gopura.admin.resource import Resource
from gopura.admin.router import Handler
from gopura.store import Page


class Collection:
    """All entities of one kind."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    @property
    def methods(self) -> dict[str, Handler]:
        """What it answers to."""
        return {"GET": self.list, "POST": self.create}

    async def list(self, call: Call) -> Response:
        """A page."""
        wanted = listing.read(call.query, self.resource.entity)
        async with call.reading() as reader:
            page = await self.resource.page(reader, wanted)
        more = "" if wanted.tags_text is None else f"&tags={escaped(wanted.tags_text)}"
        more += "" if wanted.size_text is None else f"&size={wanted.size_text}"
        return paged(page, f"/{self.resource.entity.admin_name}", more)

    async def create(self, call: Call) -> Response:
        """A new entity."""
        async with call.transaction() as tx:
            value = await self.resource.create(tx, call.body.value)
        return conditions.tagged(value, 201)


def paged(page: Page, path: str, more: str = "") -> Response:
    """The answer of a list; `next` is null on the last page."""
    if page.offset is None:
        return answers.json({"data": page.data, "next": None})
    link = f"{path}?offset={escaped(page.offset)}{more}"
    return answers.json({"data": page.data, "next": link, "offset": page.offset})


def escaped(text: str) -> str:
    """Percent-encoded, slashes too."""
    return quote(text, safe="")
