"""`/endpoints`: every path that answers."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """The endpoint."""
    yield Endpoint("/endpoints", {"GET": get})


@described(answer={"data": ["/", "/acls", "/acls/{acls}"]})
async def get(call: Call) -> Response:
    """All paths, sorted segment by segment."""
    paths = sorted(call.gateway.router.endpoints, key=lambda path: path.replace("/", "\0"))
    return answers.json({"data": paths})
