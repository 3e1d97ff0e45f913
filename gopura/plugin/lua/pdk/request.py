"""`kong.request`: the client's request (https://docs.konghq.com/gateway/3.5.x/plugin-development/pdk/kong.request/)."""

from __future__ import annotations

from typing import Any

from gopura.plugin import body as bodies
from gopura.plugin import forwarded
from gopura.plugin.lua.pdk.arguments import first, most, text
from gopura.plugin.lua.pdk.provided import ANY, BEFORE_UPSTREAM, Call, provides
from gopura.plugin.lua.values import Json, text_of

TOO_LARGE = "request body did not fit into client body buffer, consider raising 'client_body_buffer_size'"


@provides("kong.request.get_scheme")
def _get_scheme(call: Call) -> str:
    return call.exchange.request.scheme


@provides("kong.request.get_host")
def _get_host(call: Call) -> str:
    return call.exchange.request.host


@provides("kong.request.get_port", ANY)
def _get_port(call: Call) -> int:
    return call.exchange.request.port


@provides("kong.request.get_forwarded_scheme")
def _get_forwarded_scheme(call: Call) -> str:
    told = told_by_proxy(call, "x-forwarded-proto")
    return told.lower() if told else call.exchange.request.scheme


@provides("kong.request.get_forwarded_host")
def _get_forwarded_host(call: Call) -> str:
    told = told_by_proxy(call, "x-forwarded-host")
    return _host(told).partition(":")[0].lower() if told else call.exchange.request.host


@provides("kong.request.get_forwarded_port")
def _get_forwarded_port(call: Call) -> int:
    for told in (
        told_by_proxy(call, "x-forwarded-port"),
        _host(told_by_proxy(call, "x-forwarded-host") or "").partition(":")[2],
    ):
        if told and told.isascii() and told.isdigit() and 1 <= int(told) <= 65535:
            return int(told)
    return call.exchange.request.port


@provides("kong.request.get_forwarded_path")
def _get_forwarded_path(call: Call) -> str:
    return told_by_proxy(call, "x-forwarded-path") or call.exchange.request.path


@provides("kong.request.get_forwarded_prefix")
def _get_forwarded_prefix(call: Call) -> str | None:
    return told_by_proxy(call, "x-forwarded-prefix") or call.exchange.upstream_request.headers.get(
        "x-forwarded-prefix"
    )


@provides("kong.request.get_http_version")
@provides("ngx.req.http_version")
def _get_http_version(call: Call) -> float:
    return call.exchange.request.http_version


@provides("kong.request.get_method")
@provides("ngx.req.get_method")
def _get_method(call: Call) -> str:
    return call.exchange.request.method


@provides("kong.request.get_path")
def _get_path(call: Call) -> str:
    return call.exchange.request.path


@provides("kong.request.get_raw_path")
def _get_raw_path(call: Call) -> str:
    return call.exchange.request.target.partition("?")[0]


@provides("kong.request.get_path_with_query")
def _get_path_with_query(call: Call) -> str:
    return call.exchange.request.target


@provides("kong.request.get_raw_query")
def _get_raw_query(call: Call) -> str:
    return call.exchange.request.raw_query


@provides("kong.request.get_query_arg")
def _get_query_arg(call: Call, name: Any) -> Any:
    values = call.exchange.request.query_values(text("query argument name", name))
    return values[0] if values else None


@provides("kong.request.get_query")
def _get_query(call: Call, max_args: Any) -> dict[str, Any]:
    return first(call.exchange.request.query, most("max_args", max_args))


@provides("kong.request.get_header")
def _get_header(call: Call, name: Any) -> str | None:
    return call.exchange.request.headers.get(text("header name", name).replace("_", "-"))


@provides("kong.request.get_headers")
def _get_headers(call: Call, max_headers: Any) -> dict[str, Any]:
    return first(call.exchange.request.headers.to_dict(), most("max_headers", max_headers))


@provides("kong.request.get_raw_body", BEFORE_UPSTREAM)
def _get_raw_body(call: Call) -> Any:
    body = call.exchange.request.body
    return (None, TOO_LARGE) if body is None else text_of(body)


@provides("kong.request.get_body", BEFORE_UPSTREAM)
def _get_body(call: Call, mimetype: Any, max_args: Any) -> Any:
    content_type = mimetype or call.exchange.request.headers.get("content-type")
    if not content_type:
        return None, "missing content type"
    media = str(content_type).partition(";")[0].lower()
    if not media.startswith(("application/x-www-form-urlencoded", "application/json", "multipart/form-data")):
        return None, f"unsupported content type '{content_type}'", media
    if call.exchange.request.body is None:
        return None, TOO_LARGE, media
    found = bodies.decoded(call.exchange.request.body, content_type, call.exchange.request.form_limit)
    if found is None:
        return None, "invalid json body" if "json" in media else "unable to decode multipart body", media
    if media.startswith("application/json"):
        return Json(found), None, media
    return first(found, most("max_args", max_args)), None, media


@provides("kong.request.get_start_time")
def _get_start_time(call: Call) -> int:
    return int(call.exchange.facts["started_at"])


@provides("kong.request.get_uri_captures")
def _get_uri_captures(call: Call) -> dict[str, Any]:
    captures = call.exchange.captures
    numbered = {int(name): value for name, value in captures.items() if name.isdigit()}
    named = {name: value for name, value in captures.items() if not name.isdigit()}
    return {"unnamed": numbered, "named": named}


def told_by_proxy(call: Call, header: str) -> str | None:
    """What a trusted proxy says; nobody else is believed."""
    return forwarded.told(call.node, call.exchange.request, header)


def _host(told: str) -> str:
    return told.rpartition("@")[2] if told.count("@") == 1 else told.partition("@")[2] or told
