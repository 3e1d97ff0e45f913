"""`ngx.status`, `ngx.header`, `ngx.say`, `ngx.exit`, `ngx.arg`: the response, as OpenResty's code makes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from gopura.plugin.lua.pdk.arguments import data, headers, number, shown, text
from gopura.plugin.lua.pdk.provided import (
    ANY,
    BEFORE_BODY,
    BEFORE_UPSTREAM,
    WITH_RESPONSE,
    Call,
    Left,
    provides,
)
from gopura.plugin.lua.pdk.response import ended, leave, set_header, set_status
from gopura.plugin.lua.values import text_of

_NO_STATUS = 200  # what is below tells nginx's own parts how they fared


@provides("ngx.status.get", ANY)
def _get_status(call: Call) -> int:
    return call.exchange.response.status if call.phase in WITH_RESPONSE else call.status


@provides("ngx.status.set", BEFORE_BODY)
def _set_status(call: Call, status: Any) -> None:
    set_status(call, number("status", status, 100, 599))


@provides("ngx.header.get", ANY)
@provides("ngx.resp.get_header", ANY)
def _get_header(call: Call, name: Any) -> Any:
    values = call.exchange.response.headers.get_all(text("name", name).replace("_", "-"))
    return values if len(values) > 1 else values[0] if values else None


@provides("ngx.header.set", BEFORE_BODY)
def _set_header(call: Call, name: Any, value: Any) -> None:
    name = text("name", name).replace("_", "-")
    if value is None or value == {}:
        call.exchange.response.headers.remove(name)
    else:
        for one, values in headers({name: value}).items():
            set_header(call, one, values)


@provides("ngx.resp.get_headers", ANY)
def _get_headers(call: Call) -> dict[str, Any]:
    return call.exchange.response.headers.to_dict()


@provides("ngx.resp.add_header", BEFORE_BODY)
def _add_header(call: Call, name: Any, value: Any) -> None:
    call.exchange.response.headers.add(text("name", name), shown(value))


@provides("ngx.print_text", BEFORE_UPSTREAM)
def _print(call: Call, piece: str) -> int:
    call.printed.append(piece)
    return 1


@provides("ngx.exit", BEFORE_BODY)
def _exit(call: Call, status: Any) -> None:
    status = number("status", status, -5, 599)
    if status < _NO_STATUS and not call.printed:
        if status >= 0:
            raise Left
        status = 500
    leave(call, partial(finish, call, status))


@provides("ngx.redirect", BEFORE_UPSTREAM)
def _redirect(call: Call, where: Any, status: Any) -> None:
    status = number("status", 302 if status is None else status, 301, 308)
    leave(call, partial(call.exchange.exit, status, None, {"Location": text("uri", where)}))


@provides("ngx.arg.get", ("body_filter",))
def _get_piece(call: Call, which: Any) -> Any:
    return {1: text_of(call.chunk), 2: call.last}.get(which)


@provides("ngx.arg.set", ("body_filter",))
def _set_piece(call: Call, which: Any, value: Any) -> None:
    if which == 2:
        call.exchange.ctx[ended(call.plugin)] = bool(value)
    elif which == 1:
        call.chunk, call.replaced = data("" if value is None else value), True


def finish(call: Call, status: int = 200) -> None:
    """Answer with what was printed; without it, with the page that the status has."""
    if call.printed:
        call.exchange.exit(call.status or 200, "".join(call.printed), _plain(call))
    else:
        call.exchange.exit(status)


def _plain(call: Call) -> dict[str, Any]:
    if "content-type" in call.exchange.response.headers:
        return {}
    return {"Content-Type": "text/plain; charset=UTF-8"}
