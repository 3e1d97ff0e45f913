"""`/cache`: Kong's caches, of which there are none here: the data plane runs on a snapshot."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """All keys, one key."""
    yield Endpoint("/cache", {"DELETE": delete})
    yield Endpoint("/cache/{key}", {"GET": get, "DELETE": delete})


@described(path={"key": "A key of Kong's cache."})
async def get(_call: Call) -> Response:
    """Look for a key: none is ever there."""
    return answers.not_found()


@described(path={"key": "A key of Kong's cache."})
async def delete(_call: Call) -> Response:
    """Forget what is kept: nothing is."""
    return answers.empty()
