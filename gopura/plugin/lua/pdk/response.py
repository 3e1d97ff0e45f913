"""`kong.response`: what the client gets (https://docs.konghq.com/gateway/3.5.x/plugin-development/pdk/kong.response/)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from gopura.json_text import dumps
from gopura.plugin.lua.pdk.arguments import (
    Misuse,
    data,
    first,
    header,
    headers,
    most,
    number,
    table,
    text,
)
from gopura.plugin.lua.pdk.provided import BEFORE_BODY, WITH_RESPONSE, Call, Left, provides
from gopura.plugin.lua.values import text_of

_MESSAGES = {
    413: "Payload too large",
    414: "URI too long",
    416: "Range not satisfiable",
    494: "Request header or cookie too large",
    500: "An unexpected error occurred",
    502: "An invalid response was received from the upstream server",
    503: "The upstream server is currently unavailable",
    504: "The upstream server is timing out",
}
"""Where Kong does not say what the status is called."""


@provides("kong.response.get_status", WITH_RESPONSE)
def _get_status(call: Call) -> int:
    return call.exchange.response.status


@provides("kong.response.get_header", WITH_RESPONSE)
def _get_header(call: Call, name: Any) -> str | None:
    return call.exchange.response.headers.get(text("header name", name).replace("_", "-"))


@provides("kong.response.get_headers", WITH_RESPONSE)
def _get_headers(call: Call, max_headers: Any) -> dict[str, Any]:
    return first(call.exchange.response.headers.to_dict(), most("max_headers", max_headers))


@provides("kong.response.get_source", WITH_RESPONSE)
def _get_source(call: Call) -> str:
    return call.exchange.response.source


@provides("kong.response.set_status", BEFORE_BODY)
def _set_status(call: Call, status: Any) -> None:
    set_status(call, number("code", status, 100, 599))


@provides("kong.response.set_header", BEFORE_BODY)
def _set_header(call: Call, name: Any, value: Any) -> None:
    set_header(call, *header(name, value))


@provides("kong.response.add_header", BEFORE_BODY)
def _add_header(call: Call, name: Any, value: Any) -> None:
    call.exchange.response.headers.add(*header(name, value))


@provides("kong.response.clear_header", BEFORE_BODY)
def _clear_header(call: Call, name: Any) -> None:
    call.exchange.response.headers.remove(text("header name", name))


@provides("kong.response.set_headers", BEFORE_BODY)
def _set_headers(call: Call, values: Any) -> None:
    for name, value in headers(values).items():
        set_header(call, name, value)


@provides("kong.response.get_raw_body", ("body_filter",))
def _get_raw_body(call: Call) -> str | None:
    """The whole body with its last piece; until then the pieces are held back."""
    place = f"gopura.pdk.response_body.{call.plugin}"
    held: bytearray = call.exchange.ctx.setdefault(place, bytearray())
    held += call.chunk
    call.chunk, call.replaced = b"", True
    if not call.last:
        return None
    call.chunk = bytes(call.exchange.ctx.pop(place))
    return text_of(call.chunk)


@provides("kong.response.set_raw_body", ("body_filter",))
def _set_raw_body(call: Call, body: Any) -> None:
    call.chunk, call.replaced = data(text("body", body)), True
    call.exchange.ctx[ended(call.plugin)] = True


@provides("kong.response.exit", BEFORE_BODY)
def _exit(call: Call, status: Any, body: Any, extra: Any) -> None:
    status = number("code", status, 100, 599)
    if body is not None and not isinstance(body, str | dict | list):
        raise Misuse("body must be a nil, string or table")
    leave(call, partial(call.exchange.exit, status, body, _extra(extra)))


@provides("kong.response.error", BEFORE_BODY)
def _error(call: Call, status: Any, message: Any, extra: Any) -> None:
    status = number("code", status, 400, 599)
    if isinstance(message, dict | list):
        message = dumps(message).decode()
    message = message_of(status) if message is None else text("message", message)
    leave(call, partial(call.exchange.error, status, message, _extra(extra)))


def ended(plugin: str) -> str:
    """Where in `exchange.ctx` it stands that a plugin's code gave the whole body: what comes then is not sent."""
    return f"gopura.pdk.response_ended.{plugin}"


def set_status(call: Call, status: int) -> None:
    """Set what the response has; before there is one, what an answer of the code will have."""
    call.status = status
    if call.phase == "header_filter":
        call.exchange.response.status = status


def set_header(call: Call, name: str, value: str | list[str]) -> None:
    """Set a header of the response; how it is framed is not the code's business."""
    if name.lower().replace("_", "-") == "transfer-encoding":
        call.log.warning("manually setting Transfer-Encoding. Ignored.")
        return
    call.exchange.response.headers.set(name, value)


def leave(call: Call, answer: Callable[[], Any]) -> None:
    """End the code's run, and the request with this answer."""
    call.leave = answer
    raise Left


def message_of(status: int) -> str:
    """What the client reads when nobody says more."""
    if status in _MESSAGES:
        return _MESSAGES[status]
    try:
        return HTTPStatus(status).phrase.capitalize()
    except ValueError:
        return f"The upstream server responded with {status}"


def _extra(extra: Any) -> dict[str, Any]:
    return {} if extra is None else dict(headers(table("headers", extra)))
