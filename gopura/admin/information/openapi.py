"""`/openapi`: the description of this API, as JSON and as a page to read and try."""

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from starlette.responses import RedirectResponse, Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.described import described
from gopura.admin.router import Endpoint

# The page runs nothing but its own scripts, asks nobody but this node, and stands in no frame.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_MEDIA = {"js": "text/javascript", "css": "text/css"}


def endpoints() -> Iterator[Endpoint]:
    """The description, the page, and what the page consists of."""
    yield Endpoint("/openapi.json", {"GET": get})
    yield Endpoint("/openapi", {"GET": page})
    yield Endpoint("/openapi/{file}", {"GET": part})


@described(answer={"openapi": "3.1.0", "info": {"title": "gopura Admin API"}, "paths": {}})
async def get(call: Call) -> Response:
    """This API as OpenAPI 3.1, made from what validates its requests."""
    return Response(call.gateway.description, media_type=answers.JSON)


@described(media=("text/html",))
async def page(call: Call) -> Response:
    """This API as a page, with examples to try."""
    if call.request.url.path.endswith("/"):
        return RedirectResponse("../openapi", 308)  # what it consists of is named relative to it
    return _file("index.html", "text/html")


@described(path={"file": "One of the page's scripts and styles."}, media=tuple(_MEDIA.values()))
async def part(call: Call) -> Response:
    """What that page consists of."""
    name = call.param("file")
    media = _MEDIA.get(name.rpartition(".")[2])
    known = {one.name for one in _viewer().iterdir()}
    return _file(name, media) if media and name in known else answers.not_found()


def _file(name: str, media: str) -> Response:
    content = _viewer().joinpath(name).read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    return Response(content, headers=_HEADERS | {"ETag": tag}, media_type=f"{media}; charset=UTF-8")


def _viewer() -> Traversable:
    return files("gopura.admin.openapi") / "viewer"
