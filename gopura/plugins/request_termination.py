"""Request termination: answers requests instead of an upstream."""

import os
from typing import Annotated, Any

from gopura.plugin import Exchange, Plugin, config
from gopura.plugin.body import decoded
from gopura.plugin.record import entities

MESSAGES = {
    401: "Unauthorized",
    404: "Not found",
    405: "Method not allowed",
    500: "An unexpected error occurred",
    502: "Bad Gateway",
    503: "Service unavailable",
}

ECHO_LIMIT = 1 << 20
"""Bytes of a body that are echoed."""


def _compatible(settings: "RequestTermination.Config") -> str | None:
    if settings.message and (settings.content_type or settings.body):
        return "message cannot be used with content_type or body"
    if settings.content_type and not settings.body:
        return "content_type requires a body"
    if settings.echo and (settings.content_type or settings.body):
        return "echo cannot be used with content_type and body"
    return None


class RequestTermination(Plugin, name="request-termination", priority=2):
    """Answers with a status and a message, or shows the request to its sender."""

    example = {"status_code": 503, "message": "Back at noon"}

    class Config(config.Record):
        """What to answer, and when."""

        rules = (config.Custom(_compatible),)

        status_code: Annotated[int, config.Between(100, 599)] = 503
        """The status of the answer."""
        message: str | None = None
        """The message of the answer, sent as JSON."""
        content_type: str | None = None
        """The media type of `body`."""
        body: str | None = None
        """The whole body of the answer; instead of a message."""
        echo: bool = False
        """Whether the answer shows the request, for debugging."""
        trigger: config.HeaderName | None = None
        """Only answer requests with a header or query argument of this name."""

    def request_body_limit(self, config: Config) -> int:
        """Have the body read when it is echoed."""
        return ECHO_LIMIT if config.echo else 0

    def access(self, exchange: Exchange, config: Config) -> None:
        """Answer."""
        if config.trigger and not triggered(exchange, config.trigger):
            return
        message = config.message or MESSAGES.get(config.status_code)
        if config.echo:
            exchange.exit(config.status_code, self._echo(exchange, message))
        elif config.body:
            headers = {"Content-Type": config.content_type} if config.content_type else None
            exchange.exit(config.status_code, config.body, headers)
        else:
            exchange.exit(config.status_code, {"message": message} if message else None)

    def _echo(self, exchange: Exchange, message: str | None) -> dict[str, Any]:
        node = {"node_id": self.node.id, "worker_pid": os.getpid(), "hostname": self.node.hostname}
        answer: dict[str, Any] = {"message": message} if message else {}
        answer |= {"kong": node, "request": seen(exchange)}
        matched = entities(exchange)
        return answer | {f"matched_{kind}": matched[kind] for kind in ("route", "service") if kind in matched}


def triggered(exchange: Exchange, name: str) -> bool:
    """Whether a header or a query argument has this name."""
    return name in exchange.request.headers or name in exchange.request.query


def seen(exchange: Exchange) -> dict[str, Any]:
    """The request as this gateway sees it."""
    request = exchange.request
    raw = request.body or b""
    body = decoded(raw, request.headers.get("content-type"), request.form_limit)
    return ({} if body is None else {"body": body}) | {
        "scheme": request.scheme,
        "host": request.host,
        "port": request.port,
        "headers": request.headers.to_dict(),
        "query": request.query,
        "raw_body": raw.decode("utf-8", "replace"),
        "method": request.method,
        "path": request.path,
        "uri_captures": captured(exchange.captures),
    }


def captured(captures: dict[str, str]) -> dict[str, Any]:
    """What the route's regular expression captured: by name, and in order."""
    numbered = sorted(int(name) for name in captures if name.isdecimal())
    return {
        "named": {name: value for name, value in captures.items() if not name.isdecimal()},
        "unnamed": [captures[str(number)] for number in numbered if number],
    }
