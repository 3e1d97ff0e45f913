"""What a function is given of a request."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gopura.json_text import dumps
from gopura.plugin.body import Form, Json, sent

if TYPE_CHECKING:
    from gopura._engine import Exchange
    from gopura.plugins.aws_lambda import AwsLambda

_TEXT = ("text/plain", "text/html", "application/xml", "text/xml", "application/soap+xml")


def payload(exchange: Exchange, config: AwsLambda.Config) -> bytes:
    """The function's argument as JSON."""
    forwarded = (
        config.forward_request_body
        or config.forward_request_headers
        or config.forward_request_method
        or config.forward_request_uri
    )
    if config.awsgateway_compatible:
        value = gateway_event(exchange, config)
    elif forwarded:
        value = chosen(exchange, config)
    else:
        value = exchange.request.query | fields(exchange)
    return dumps(value)


def fields(exchange: Exchange) -> dict[str, Any]:
    """The fields of a body that has some."""
    parsed = sent(exchange.request)
    return parsed.values if isinstance(parsed, Form | Json) else {}


def chosen(exchange: Exchange, config: AwsLambda.Config) -> dict[str, Any]:
    """The parts that the configuration names."""
    request, found = exchange.request, dict[str, Any]()
    if config.forward_request_method:
        found["request_method"] = request.method
    if config.forward_request_headers:
        found["request_headers"] = {name.lower(): value for name, value in request.headers.to_dict().items()}
    if config.forward_request_uri:
        found |= {"request_uri": request.target, "request_uri_args": request.query}
    if config.forward_request_body:
        found |= _body(exchange, config)
    return found


def _body(exchange: Exchange, config: AwsLambda.Config) -> dict[str, Any]:
    body, media = exchange.request.body or b"", exchange.request.headers.get("content-type")
    if sent(exchange.request) is None and media not in _TEXT and config.base64_encode_body:
        text = base64.b64encode(body).decode()
        return {"request_body": text, "request_body_base64": True, "request_body_args": {}}
    return {"request_body": body.decode("utf-8", "replace"), "request_body_args": fields(exchange)}


def gateway_event(exchange: Exchange, config: AwsLambda.Config) -> dict[str, Any]:
    """The request in the form of AWS's API Gateway."""
    request, body = exchange.request, exchange.request.body or b""
    headers = {name.lower(): _listed(value) for name, value in request.headers.to_dict().items()}
    query = {name: _listed(value) for name, value in request.query.items()}
    encoded = bool(body) and bool(config.base64_encode_body)
    route = exchange.route
    return {
        "resource": route.paths[0] if route and route.paths else None,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[0] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "pathParameters": {name: value for name, value in exchange.captures.items() if not name.isdigit()},
        "queryStringParameters": {name: values[0] for name, values in query.items()},
        "multiValueQueryStringParameters": query,
        "body": base64.b64encode(body).decode() if encoded else body.decode("utf-8", "replace"),
        "isBase64Encoded": encoded,
        "requestContext": _context(exchange),
    }


def _context(exchange: Exchange) -> dict[str, Any]:
    request, now = exchange.request, time.time()
    return {
        "path": request.path,
        "protocol": f"HTTP/{request.http_version:g}",
        "httpMethod": request.method,
        "domainName": request.host,
        "domainPrefix": request.host.partition(".")[0],
        "identity": {"sourceIp": request.peer_ip, "userAgent": request.headers.get("user-agent")},
        "requestId": request.id,
        "requestTime": datetime.fromtimestamp(now, UTC).strftime("%d/%b/%Y:%H:%M:%S %z"),
        "requestTimeEpoch": int(now * 1000),
        "resourcePath": request.path,
    }


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
