"""gRPC-Web: lets browsers call gRPC services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, Use, config
from gopura.plugin.proto_file import Method, ProtoError, methods
from gopura.plugins.grpc_web.call import FORMS, Call

BODY_LIMIT = 16 << 20
"""Bytes of a call that are translated; browsers send one message per call."""


CALL = "gopura.grpc_web"
"""Where in `exchange.ctx` the call under way is."""


@dataclass(frozen=True)
class Service:
    """A configuration with its .proto file read."""

    config: GrpcWeb.Config
    methods: Mapping[str, Method] | None
    """By path; None without a file that can be read."""

    def call(self, media: str, path: str) -> Call:
        """What a request asks for; ProtoError when that cannot be found out."""
        form = FORMS.get(media)
        if form and not form.json:
            return Call(media, form, None)
        if self.methods is None:
            raise ProtoError("transcoding requests require a .proto file defining the service")
        if form is None:
            raise ProtoError(f"cannot transcode {media or 'a call without a media type'}")
        if path not in self.methods:
            raise ProtoError(f'Unknown path "{path}"')
        return Call(media, form, self.methods[path])


class GrpcWeb(Plugin, name="grpc-web", priority=3, protocols=ALL_PROTOCOLS):
    """Translates between gRPC-Web and gRPC."""

    example = {"allow_origin_header": "https://shop.example.com"}

    class Config(config.Record):
        """Which service, and who may call."""

        proto: Annotated[str | None, config.Optional()] = None
        """The .proto file that describes the service; needed to accept JSON."""
        pass_stripped_path: Annotated[bool | None, config.Optional()] = None
        """Whether the upstream gets the path without the part that the route matched."""
        allow_origin_header: Annotated[str | None, config.Optional()] = "*"
        """The value of Access-Control-Allow-Origin."""

    def prepare(self, config: Config, use: Use) -> Service:
        """Read the file; a bad one is told here, and refuses JSON."""
        if config.proto is None:
            return Service(config, None)
        try:
            return Service(config, {method.path: method for method in methods(Path(config.proto))})
        except ProtoError as error:
            self.log_to.error("%s", error)  # noqa: TRY400 - the user's mistake, not ours
            return Service(config, None)

    def request_body_limit(self, config: Service) -> int:
        """Have calls read."""
        return BODY_LIMIT

    def access(self, exchange: Exchange, config: Service) -> None:
        """Make a gRPC call of it."""
        request, upstream = exchange.request, exchange.upstream_request
        origin = config.config.allow_origin_header or "*"
        exchange.response.headers.set("Access-Control-Allow-Origin", origin)
        if request.method == "OPTIONS":
            exchange.exit(200, "OK", preflight(origin))
            return
        if exchange.limit_body(BODY_LIMIT):
            return
        path = upstream.path if config.config.pass_stripped_path else request.path
        try:
            call = config.call(request.headers.get("content-type") or "", path)
            body = call.written(request.body or b"")
        except ProtoError as error:
            exchange.exit(400, str(error))
            return
        exchange.ctx[CALL] = call
        upstream.headers.set("Content-Type", "application/grpc")
        upstream.headers.set("TE", "trailers")
        upstream.set_body(body)
        upstream.path = path

    def header_filter(self, exchange: Exchange, config: Service) -> None:
        """Call the response what the client calls it."""
        if call := exchange.ctx.get(CALL):
            exchange.response.headers.set("Content-Type", call.media)

    def body_filter(self, exchange: Exchange, config: Service, chunk: bytes, last: bool) -> bytes | None:
        """Write the status of the call, which browsers cannot read from trailers, behind the last message."""
        call: Call | None = exchange.ctx.get(CALL)
        return call.read(chunk, trailers(exchange) if last else b"") if call else None


def preflight(origin: str) -> dict[str, str]:
    """What browsers ask for before they call."""
    return {
        "Content-Type": "application/grpc-web-text+proto",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type,x-grpc-web,x-user-agent",
    }


def trailers(exchange: Exchange) -> bytes:
    """The trailers of the call as lines of text."""
    response = exchange.response
    given = response.trailers
    status = given.get("grpc-status") or response.headers.get("grpc-status") or "0"
    message = given.get("grpc-message") or response.headers.get("grpc-message") or ""
    return f"grpc-status:{status}\r\ngrpc-message:{message}\r\n".encode("utf-8", "surrogateescape")
