"""The parameters of OAuth 2.0 requests, in the query string or in a body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gopura.plugin.body import Fields, sent

if TYPE_CHECKING:
    from gopura._engine import Request

_WITH_BODY = ("POST", "PUT", "PATCH")


class Parameters:
    """Parameters by name; the body's go before the query string's."""

    def __init__(self, request: Request) -> None:
        self._query = request.query
        self.body: Fields | None = None
        if request.method in _WITH_BODY:
            self.body = sent(request)

    def get(self, name: str) -> Any:
        """Return the value in whichever form it came, or None."""
        found = self.body.get(name) if self.body else None
        return readable(self._query.get(name) if found is None else found)

    def text(self, name: str) -> str:
        """Return the value if it is a single text; empty otherwise."""
        value = self.get(name)
        return value if isinstance(value, str) else ""


def readable(value: Any) -> Any:
    """The value with a sign in place of every byte that is not UTF-8 (RFC 6749 wants texts to be) or is zero."""
    if isinstance(value, list):
        return [readable(one) for one in value]
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\0", "\ufffd")
