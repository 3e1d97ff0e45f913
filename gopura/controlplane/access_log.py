"""One line per request to the Admin API, in nginx's combined form."""

from __future__ import annotations

import logging
import sys
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gopura.logs import log_handler
from gopura.settings import Settings

log = logging.getLogger("gopura.admin.access")


class AccessLog:
    """Wraps an application and logs what it answers."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        log.propagate = False
        log.setLevel(logging.INFO)
        log.handlers[:] = _handlers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        status, sent = 0, 0

        async def counting(message: Message) -> None:
            nonlocal status, sent
            status = message.get("status", status)
            sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, counting)
        finally:
            if log.handlers and scope["type"] == "http":
                log.info("%s", _line(scope, status, sent))


def _handlers(settings: Settings) -> list[logging.Handler]:
    destination = settings.admin_access_log
    if destination in (None, "off"):
        return []
    stream = {"/dev/stdout": sys.stdout, "/dev/stderr": sys.stderr}.get(destination)
    if stream is not None:
        return [logging.StreamHandler(stream)]
    return [log_handler(settings.path(destination))]


def _line(scope: Scope, status: int, sent: int) -> str:
    headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    client = scope["client"][0] if scope["client"] else "-"
    when = time.strftime("%d/%b/%Y:%H:%M:%S %z")
    request = _quoted(f"{scope['method']} {target} HTTP/{scope['http_version']}")
    referer, agent = (_quoted(headers.get(name, "-")) for name in (b"referer", b"user-agent"))
    return f"{client} - - [{when}] {request} {status} {sent} {referer} {agent}"


def _quoted(text: str) -> str:
    escaped = "".join(c if " " <= c <= "~" and c not in '"\\' else f"\\x{ord(c):02X}" for c in text)
    return f'"{escaped}"'
