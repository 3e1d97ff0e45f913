"""SNIs: their certificate is found at `/certificates/{name}` instead of below them."""

from collections.abc import Iterator

from gopura.admin import answers
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """Nothing answers below an SNI."""
    yield Endpoint("/snis/{snis}/certificate", {}, guard=answers.closed)
