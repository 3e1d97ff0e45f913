"""`kong.service`: what goes to the upstream, and what comes from it
(https://docs.konghq.com/gateway/3.5.x/plugin-development/pdk/kong.service.request/).
"""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote, urlencode

from gopura.json_text import dumps
from gopura.plugin import body as bodies
from gopura.plugin.lua.pdk.arguments import Misuse, data, first, header, headers, most, table, text
from gopura.plugin.lua.pdk.provided import BEFORE_UPSTREAM, WITH_RESPONSE, Call, provides
from gopura.plugin.lua.values import Json, text_of

BODY = "gopura.pdk.service_body"
"""Where in `exchange.ctx` the upstream's whole body lies when the code has asked for it."""
WANTED = "gopura.pdk.buffering"
METHODS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "MKCOL",
    "COPY",
    "MOVE",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "LOCK",
    "UNLOCK",
    "PATCH",
    "TRACE",
)
"""In the order of nginx's numbers: ngx.HTTP_GET is 2, and each further one twice the one before."""

_ACCESS = ("access",)
_PLAIN = "!$%&'()*+,-./:;=@_~"
_NOT_HELD = (
    "service body is only available with buffered proxying "
    "(see: kong.service.request.enable_buffering function)"
)


@provides("kong.service.set_target", _ACCESS)
def _set_target(call: Call, host: Any, port: Any) -> None:
    host = text("host", host)
    if isinstance(port, bool) or not isinstance(port, int):
        raise Misuse("port must be an integer")
    if not 0 <= port <= 65535:
        raise Misuse(f"port must be an integer between 0 and 65535: given {port}")
    call.exchange.upstream_request.host, call.exchange.upstream_request.port = host, port


@provides("kong.service.set_upstream", _ACCESS)
def _set_upstream(call: Call, host: Any) -> Any:
    if call.exchange.find("upstreams", "name", text("host", host)) is None:
        return None, f"could not find an Upstream named '{host}'"
    call.exchange.upstream_request.host = host
    return True


@provides("kong.service.request.enable_buffering", BEFORE_UPSTREAM)
def _enable_buffering(call: Call) -> None:
    version = call.exchange.request.http_version
    if version >= 2:
        raise Misuse(
            f"buffered proxying cannot currently be enabled with http/{version:.14g}, please use http/1.x instead"
        )
    call.exchange.ctx[WANTED] = True


@provides("kong.service.request.set_scheme", _ACCESS)
def _set_scheme(call: Call, scheme: Any) -> None:
    if text("scheme", scheme) not in ("http", "https"):
        raise Misuse(f"invalid scheme: {scheme}")
    call.exchange.upstream_request.scheme = scheme


@provides("kong.service.request.set_path", _ACCESS)
def _set_path(call: Call, path: Any) -> None:
    if not text("path", path).startswith("/"):
        raise Misuse("path must start with /")
    call.exchange.upstream_request.path = quote(data(path), safe=_PLAIN)


@provides("kong.service.request.set_raw_query", BEFORE_UPSTREAM)
def _set_raw_query(call: Call, query: Any) -> None:
    call.exchange.upstream_request.raw_query = text("query", query)


@provides("kong.service.request.set_query", BEFORE_UPSTREAM)
def _set_query(call: Call, arguments: Any) -> None:
    call.exchange.upstream_request.raw_query = encoded(table("args", arguments))


@provides("kong.service.request.set_method", BEFORE_UPSTREAM)
def _set_method(call: Call, method: Any) -> None:
    if text("method", method) not in METHODS:
        raise Misuse(f"invalid method: {method}")
    call.exchange.upstream_request.method = method


@provides("kong.service.request.set_header", BEFORE_UPSTREAM)
def _set_header(call: Call, name: Any, value: Any) -> None:
    call.exchange.upstream_request.headers.set(*header(name, value))


@provides("kong.service.request.add_header", BEFORE_UPSTREAM)
def _add_header(call: Call, name: Any, value: Any) -> None:
    call.exchange.upstream_request.headers.add(*header(name, value))


@provides("kong.service.request.clear_header", BEFORE_UPSTREAM)
def _clear_header(call: Call, name: Any) -> None:
    call.exchange.upstream_request.headers.remove(text("header", name))


@provides("kong.service.request.set_headers", BEFORE_UPSTREAM)
def _set_headers(call: Call, values: Any) -> None:
    for name, value in headers(values).items():
        call.exchange.upstream_request.headers.set(name, value)


@provides("kong.service.request.set_raw_body", BEFORE_UPSTREAM)
def _set_raw_body(call: Call, body: Any) -> None:
    call.exchange.upstream_request.set_body(data(text("body", body)))


@provides("kong.service.request.set_body", BEFORE_UPSTREAM)
def _set_body(call: Call, values: Any, mimetype: Any) -> Any:
    if not isinstance(values, dict | list):
        raise Misuse("args must be a table")
    media = mimetype or call.exchange.request.headers.get("content-type")
    if not media:
        return None, "content type was neither explicitly given as an argument or received as a header"
    body, media = _body(values, text("mime", media))
    call.exchange.upstream_request.set_body(body)
    call.exchange.upstream_request.headers.set("Content-Type", media)
    return True


@provides("kong.service.response.get_status", WITH_RESPONSE)
def _get_status(call: Call) -> int | None:
    status = str(call.exchange.facts["upstream_status"] or "")[-3:]
    return int(status) if status.isdigit() else None


@provides("kong.service.response.get_header", WITH_RESPONSE)
def _get_header(call: Call, name: Any) -> str | None:
    return call.exchange.response.headers.get(text("name", name).replace("_", "-"))


@provides("kong.service.response.get_headers", WITH_RESPONSE)
def _get_headers(call: Call, max_headers: Any) -> dict[str, Any]:
    return first(call.exchange.response.headers.to_dict(), most("max_headers", max_headers))


@provides("kong.service.response.get_raw_body", WITH_RESPONSE)
def _get_raw_body(call: Call) -> str:
    return text_of(_held(call))


@provides("kong.service.response.get_body", WITH_RESPONSE)
def _get_body(call: Call, mimetype: Any) -> Any:
    held, media = _held(call), mimetype or call.exchange.response.headers.get("content-type")
    if not media:
        return None, "missing content type"
    found = bodies.decoded(held, media, call.exchange.request.form_limit)
    return (None, f"unsupported content type '{media}'") if found is None else Json(found)


def encoded(arguments: dict[str, Any]) -> str:
    """Arguments as a query, in the order of their names; true stands for one without `=`, false for none."""
    return "&".join(part for name in sorted(arguments) for part in _argument(name, arguments[name]))


def _argument(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [part for item in value for part in _argument(name, item)]
    if isinstance(value, bool):
        return [quote(data(name), safe="")] if value else []
    if not isinstance(value, str | int | float):
        raise Misuse(f"the argument {name} must be a string, number, boolean or a list of these")
    return [urlencode([(data(name), data(value))], quote_via=quote, safe="")]


def _held(call: Call) -> bytes:
    if BODY not in call.exchange.ctx:
        raise Misuse(_NOT_HELD)
    held: bytes = call.exchange.ctx[BODY]
    return held


def _body(values: dict[str, Any] | list[Any], media: str) -> tuple[bytes, str]:
    match media.partition(";")[0].strip():
        case "application/x-www-form-urlencoded":
            return encoded(table("args", values)).encode(), media
        case "application/json":
            return dumps(values), media
        case "multipart/form-data":
            return _multipart(table("args", values), media)
    raise Misuse(f"unsupported content type {media}")


def _multipart(values: dict[str, Any], media: str) -> tuple[bytes, str]:
    boundary = media.partition("boundary=")[2].strip('"') or secrets.token_hex(16)
    lines = []
    for name in sorted(values):
        lines += [
            f"--{boundary}",
            f'Content-Disposition: form-data; name="{name}"',
            "",
            header(name, values[name])[1],
        ]
    lines += [f"--{boundary}--", ""]
    return data("\r\n".join(lines)), f"multipart/form-data; boundary={boundary}"
