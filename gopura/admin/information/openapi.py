"""`/openapi.json`, and a page that shows it."""

from collections.abc import Iterator
from importlib.resources import files

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """The description and the page."""
    yield Endpoint("/openapi.json", {"GET": get})
    yield Endpoint("/openapi", {"GET": page})


async def get(call: Call) -> Response:
    """The description of this API, made from the entities' descriptions."""
    return Response(call.gateway.description, media_type=answers.JSON)


async def page(_call: Call) -> Response:
    """The description as a page to read."""
    text = files("gopura.admin.openapi").joinpath("page.html").read_text()
    return Response(text, media_type="text/html; charset=UTF-8")
