"""`/cache`: Kong's caches, of which there are none here: the data plane runs on a snapshot."""

from collections.abc import Iterator

from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.router import Endpoint


def endpoints() -> Iterator[Endpoint]:
    """All keys, one key."""
    yield Endpoint("/cache", {"DELETE": delete})
    yield Endpoint("/cache/{key}", {"GET": get, "DELETE": delete})


async def get(_call: Call) -> Response:
    """Nothing is cached."""
    return answers.not_found()


async def delete(_call: Call) -> Response:
    """So nothing is left after it."""
    return answers.empty()
