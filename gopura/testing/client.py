"""A client for tests: one request, one answer."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode

Headers = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    """By name, without regard to case; `get_all` for names that come more than once."""
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


class Client:
    """Requests to one address, each on its own connection."""

    def __init__(self, port: int, timeout: float = 10.0) -> None:
        self.port, self._timeout = port, timeout

    def get(self, target: str = "/", headers: Headers | None = None) -> Answer:
        """Send a GET."""
        return self.request("GET", target, headers)

    def post(
        self,
        target: str = "/",
        headers: Headers | None = None,
        *,
        body: bytes | str | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a POST with a body, a JSON value or a form."""
        return self.request("POST", target, headers, body=body, json=json, form=form)

    def request(
        self,
        method: str,
        target: str = "/",
        headers: Headers | None = None,
        *,
        body: bytes | str | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; a header with a list of values is sent as several lines."""
        media, content = encoded(body, json, form)
        lines = [*media.items(), *lines_of(headers or {})]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._timeout)
        try:
            self._send(connection, method, target, lines, content)
            response = connection.getresponse()
            return Answer(response.status, response.msg, response.read())
        finally:
            connection.close()

    @staticmethod
    def _send(
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        lines: list[tuple[str, str]],
        content: bytes | None,
    ) -> None:
        named = {name.lower() for name, _ in lines}
        connection.putrequest(method, target, skip_host="host" in named, skip_accept_encoding=True)
        for name, value in lines:
            connection.putheader(name, value)
        if content is not None and not named & {"content-length", "transfer-encoding"}:
            connection.putheader("Content-Length", str(len(content)))
        connection.endheaders(content)


def lines_of(headers: Headers) -> list[tuple[str, str]]:
    """Each header line as a pair."""
    return [
        (name, value)
        for name, values in headers.items()
        for value in ([values] if isinstance(values, str) else values)
    ]


def encoded(
    body: bytes | str | None, value: Any, form: Mapping[str, str] | None
) -> tuple[dict[str, str], bytes | None]:
    """The media type and bytes of whichever is given."""
    if value is not None:
        return {"Content-Type": "application/json"}, json.dumps(value).encode()
    if form is not None:
        return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(
            form, errors="surrogateescape"
        ).encode()
    return {}, body.encode() if isinstance(body, str) else body
