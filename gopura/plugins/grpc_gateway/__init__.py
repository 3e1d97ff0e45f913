"""gRPC gateway: lets JSON clients call gRPC services."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qs

import orjson

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, Use, config
from gopura.plugin.grpc import Frames, frame
from gopura.plugin.proto_file import Method, ProtoError, methods
from gopura.plugins.grpc_gateway.bindings import Binding, Bindings, NoBindingError, assign

BODY_LIMIT = 16 << 20
"""Bytes of a request that are translated."""

CALL = "gopura.grpc_gateway"
"""Where in `exchange.ctx` the call under way is."""

PREFLIGHT = {
    "Content-Type": "application/json",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET,POST,PATCH,DELETE",
    "Access-Control-Allow-Headers": "content-type",
}

STATUSES = {
    0: 200,
    1: 499,
    2: 500,
    3: 400,
    4: 504,
    5: 404,
    6: 409,
    7: 403,
    8: 429,
    9: 400,
    10: 409,
    11: 400,
    12: 500,
    13: 500,
    14: 503,
    15: 500,
    16: 401,
}
"""The HTTP status of each gRPC status (google/rpc/code.proto); 12, unimplemented, is 500 as in Kong."""


class Call:
    """One call: the method, and what of its response has come."""

    def __init__(self, method: Method) -> None:
        self.method = method
        self.frames = Frames()


@dataclass(frozen=True)
class Service:
    """A configuration with its .proto file read."""

    bindings: Bindings | None
    problem: str = ""
    """Why there are no bindings."""


class GrpcGateway(Plugin, name="grpc-gateway", priority=998, protocols=ALL_PROTOCOLS):
    """Translates requests and responses between JSON and gRPC."""

    example = {"proto": "/etc/shop/things.proto"}

    class Config(config.Record):
        """Which service."""

        proto: Annotated[str | None, config.Optional()] = None
        """The .proto file that describes the service and its HTTP mapping."""

    def prepare(self, config: Config, use: Use) -> Service:
        """Read the file; a bad one is told here, and to every client."""
        if config.proto is None:
            return Service(None, "transcoding requests require a .proto file defining the service")
        try:
            return Service(Bindings(methods(Path(config.proto))))
        except ProtoError as error:
            self.log_to.error("%s", error)  # noqa: TRY400 - the user's mistake, not ours
            return Service(None, f"failed to transcode .proto file {config.proto}")

    def request_body_limit(self, config: Service) -> int:
        """Have requests read."""
        return BODY_LIMIT

    def access(self, exchange: Exchange, config: Service) -> None:
        """Make a gRPC call of it."""
        exchange.response.headers.set("Access-Control-Allow-Origin", "*")
        request, upstream = exchange.request, exchange.upstream_request
        if request.method == "OPTIONS":
            exchange.exit(200, "OK", dict(PREFLIGHT))
            return
        if config.bindings is None:
            exchange.exit(400, config.problem)
            return
        if exchange.limit_body(BODY_LIMIT):
            return
        try:
            binding, values = config.bindings.find(request.method, request.path)
            _complete(values, binding, exchange)
            message = binding.method.encode(values)
        except NoBindingError as error:
            exchange.exit(400, f"failed to transcode .proto file {error}")
            return
        except ProtoError as error:
            self.log_to.warning("%s", error)
            exchange.exit(400, "failed to encode payload")
            return
        exchange.ctx[CALL] = Call(binding.method)
        upstream.method, upstream.path, upstream.raw_query = "POST", binding.method.path, ""
        upstream.headers.set("Content-Type", "application/grpc")
        upstream.headers.set("TE", "trailers")
        upstream.headers.remove("grpc-accept-encoding")
        upstream.set_body(frame(message))

    def header_filter(self, exchange: Exchange, config: Service) -> None:
        """Call the response JSON, with the status that is the gRPC status's."""
        response = exchange.response
        if CALL in exchange.ctx:
            response.headers.set("Content-Type", "application/json")
        status = response.headers.get("grpc-status")
        if status is not None and exchange.request.method != "OPTIONS":
            response.status = STATUSES.get(int(status), 500) if status.isdecimal() else 500

    def body_filter(self, exchange: Exchange, config: Service, chunk: bytes, last: bool) -> bytes | None:
        """Write each message as JSON; what is no message passes at the end as it is."""
        call: Call | None = exchange.ctx.get(CALL)
        if call is None:
            return None
        found = b"".join(orjson.dumps(call.method.decode(message)) for message in call.frames.feed(chunk))
        return found or (call.frames.rest if last else b"")


def _complete(values: dict[str, Any], binding: Binding, exchange: Exchange) -> None:
    """Add to the path's fields those of the body, or else of the query."""
    if not binding.body:
        for name, given in parse_qs(exchange.request.raw_query, keep_blank_values=True).items():
            assign(values, name, given, binding.method.input)
        return
    body = exchange.request.body
    if not body:
        return
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProtoError(f"the body is no JSON: {error}") from None
    if binding.body != "*":
        values[binding.body] = given
    elif isinstance(given, dict):
        values.update(given)
    else:
        raise ProtoError("body must be a table")
