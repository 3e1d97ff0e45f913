"""`ngx.req` and `ngx.var`: the request, as OpenResty's code reads and changes it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gopura.plugin import body as bodies
from gopura.plugin.cookies import cookie
from gopura.plugin.lua.pdk.arguments import Misuse, data, headers, table, text
from gopura.plugin.lua.pdk.provided import ANY, BEFORE_UPSTREAM, REQUEST, Call, provides
from gopura.plugin.lua.pdk.service import METHODS, encoded
from gopura.plugin.lua.values import text_of

NUMBERS = {method: 2 << place for place, method in enumerate(METHODS)}
"""What `ngx.req.set_method` is called with, by method."""


@provides("ngx.req.read_body", BEFORE_UPSTREAM)
def _read_body(_call: Call) -> None:
    """The body is there already."""


@provides("ngx.req.get_body_data", REQUEST)
def _get_body_data(call: Call) -> str | None:
    return text_of(call.exchange.request.body) if call.exchange.request.body else None


@provides("ngx.req.get_post_args", REQUEST)
def _get_post_args(call: Call) -> Any:
    request = call.exchange.request
    return bodies.decoded(request.body or b"", "application/x-www-form-urlencoded", request.form_limit) or {}


@provides("ngx.req.set_body_data", BEFORE_UPSTREAM)
def _set_body_data(call: Call, body: Any) -> None:
    call.exchange.upstream_request.set_body(data(text("body", body)))


@provides("ngx.req.set_method", BEFORE_UPSTREAM)
def _set_method(call: Call, number: Any) -> None:
    known = [method for method, one in NUMBERS.items() if one == number]
    if not known:
        raise Misuse("unsupported HTTP method")
    call.exchange.upstream_request.method = known[0]


@provides("ngx.req.start_time")
def _start_time(call: Call) -> float:
    started: int = call.exchange.facts["started_at"]
    return started / 1000


@provides("ngx.req.get_headers")
def _get_headers(call: Call) -> dict[str, Any]:
    return call.exchange.request.headers.to_dict()


@provides("ngx.req.set_header", BEFORE_UPSTREAM)
def _set_header(call: Call, name: Any, value: Any) -> None:
    if value is None or value == {}:
        call.exchange.upstream_request.headers.remove(text("header", name))
        return
    for one, values in headers({text("name", name): value}).items():
        call.exchange.upstream_request.headers.set(one, values)


@provides("ngx.req.clear_header", BEFORE_UPSTREAM)
def _clear_header(call: Call, name: Any) -> None:
    call.exchange.upstream_request.headers.remove(text("name", name))


@provides("ngx.req.get_uri_args")
def _get_uri_args(call: Call) -> dict[str, Any]:
    return call.exchange.request.query


@provides("ngx.req.set_uri_args", BEFORE_UPSTREAM)
def _set_uri_args(call: Call, arguments: Any) -> None:
    query = arguments if isinstance(arguments, str) else encoded(table("args", arguments))
    call.exchange.upstream_request.raw_query = query


@provides("ngx.var.get", ANY)
def _variable(call: Call, name: Any) -> Any:
    name = text("variable name", name)
    if name in _VARIABLES:
        return _VARIABLES[name](call)
    prefix, _, rest = name.partition("_")
    request, header = call.exchange.request, rest.replace("_", "-")
    match prefix:
        case "http":
            return request.headers.get(header)
        case "arg":
            return _written(request.raw_query, rest)
        case "cookie":
            return cookie(request.headers, rest)
        case "sent" | "upstream" if rest.startswith("http_"):
            return call.exchange.response.headers.get(header.removeprefix("http-"))
    return None


@provides("ngx.var.set", BEFORE_UPSTREAM)
def _set_variable(call: Call, name: Any, value: Any) -> None:
    upstream, value = call.exchange.upstream_request, "" if value is None else text("the value", value)
    match name:
        case "args":
            upstream.raw_query = value
        case "upstream_uri":
            upstream.path, _, query = value.partition("?")
            upstream.raw_query = query or upstream.raw_query
        case "upstream_scheme":
            upstream.scheme = "https" if value == "https" else "http"
        case "upstream_host":
            upstream.headers.set("Host", value)
        case _:
            raise Misuse(f'variable "{name}" not changeable')


def _request_line(call: Call) -> str:
    request = call.exchange.request
    return f"{request.method} {request.target} {_protocol(call)}"


def _hostname(call: Call) -> str:
    return call.node.hostname


def _protocol(call: Call) -> str:
    return f"HTTP/{call.exchange.request.http_version:.1f}"


_VARIABLES: dict[str, Callable[[Call], Any]] = {
    "args": lambda call: call.exchange.request.raw_query or None,
    "query_string": lambda call: call.exchange.request.raw_query or None,
    "is_args": lambda call: "?" if call.exchange.request.raw_query else "",
    "uri": lambda call: call.exchange.request.path,
    "request_uri": lambda call: call.exchange.request.target,
    "request_method": lambda call: call.exchange.request.method,
    "request_id": lambda call: call.exchange.request.id,
    "kong_request_id": lambda call: call.exchange.request.id,
    "request": _request_line,
    "scheme": lambda call: call.exchange.request.scheme,
    "https": lambda call: "on" if call.exchange.request.scheme == "https" else "",
    "host": lambda call: call.exchange.request.host,
    "content_type": lambda call: call.exchange.request.headers.get("content-type"),
    "content_length": lambda call: call.exchange.request.headers.get("content-length"),
    "remote_addr": lambda call: call.exchange.request.client_ip,
    "remote_port": lambda call: str(call.exchange.request.client_port),
    "realip_remote_addr": lambda call: call.exchange.request.peer_ip,
    "server_addr": lambda call: call.exchange.request.local_ip,
    "server_port": lambda call: str(call.exchange.request.port),
    "server_protocol": _protocol,
    "ssl_server_name": lambda call: call.exchange.request.sni,
    "ssl_protocol": lambda call: call.exchange.tls and call.exchange.tls.version,
    "ssl_cipher": lambda call: call.exchange.tls and call.exchange.tls.cipher,
    "status": lambda call: f"{call.exchange.response.status:03}",
    "upstream_host": lambda call: call.exchange.upstream_request.headers.get("host"),
    "upstream_scheme": lambda call: call.exchange.upstream_request.scheme,
    "upstream_uri": lambda call: call.exchange.upstream_request.path,
    "upstream_status": lambda call: call.exchange.facts["upstream_status"],
    "request_length": lambda call: str(call.exchange.facts["request_size"]),
    "bytes_sent": lambda call: str(call.exchange.facts["response_size"]),
    "body_bytes_sent": lambda call: str(call.exchange.facts["body_size"]),
    "request_time": lambda call: f"{time.time() - call.exchange.facts['started_at'] / 1000:.3f}",
    "msec": lambda _call: f"{time.time():.3f}",
    "hostname": _hostname,
}


def _written(query: str, name: str) -> str | None:
    """The first argument of that name as it stands in the query, `%` escapes and all."""
    for part in query.split("&"):
        found, equals, value = part.partition("=")
        if found.lower() == name.lower() and equals:
            return value
    return None
