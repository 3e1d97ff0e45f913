"""The answers of the Admin API: JSON, the plain pages of a web server, and errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from gopura.admin.errors import STATUS
from gopura.json_text import dumps
from gopura.schema import SchemaViolation
from gopura.store.errors import EntityError

JSON = "application/json; charset=utf-8"
NOT_FOUND = {"message": "Not found"}

_PAGE = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n"
    "<center><h1>{0}</h1></center>\r\n</body>\r\n</html>\r\n"
)
_PHRASES = {405: "Not Allowed", 413: "Request Entity Too Large", 414: "Request-URI Too Large"}


class Refusal(Exception):  # noqa: N818 - an answer, not a fault
    """Ends a request early with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(dumps(body), status, headers, JSON)


def refused(error: SchemaViolation | EntityError) -> Response:
    """A refusal in Kong's shape."""
    return json(error.body(), STATUS[error.code])


def message(text: str, status: int) -> Response:
    """`{"message": text}`."""
    return json({"message": text}, status)


def as_header(text: str) -> str:
    """A text as a header's value: in one line of ASCII, of 2,000 characters at most."""
    return " ".join(text.split()).encode("ascii", "backslashreplace").decode()[:2000]


def empty() -> Response:
    """204, without a body."""
    return Response(status_code=204)


def not_found() -> Response:
    """404 as for any unknown place or entity."""
    return json(NOT_FOUND, 404)


def closed(_gateway: object) -> Response:
    """The guard of a place that never answers."""
    return not_found()


def page(status: int) -> Response:
    """The short HTML page of a web server, for requests that never reach an endpoint."""
    title = f"{status} {_PHRASES.get(status) or HTTPStatus(status).phrase}"
    return Response(_PAGE.format(title), status, media_type="text/html; charset=UTF-8")
