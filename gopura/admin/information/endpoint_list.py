"""`/endpoints`: every path that answers."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/endpoints", {"GET": get})


async def get(call: Call) -> Response:
    """The paths, sorted segment by segment."""
    paths = sorted(call.gateway.router.endpoints, key=lambda path: path.replace("/", "\0"))
    return answers.json({"data": paths})
