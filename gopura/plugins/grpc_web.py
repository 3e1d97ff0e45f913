"""gRPC-Web: lets browsers call gRPC services."""

import base64
import binascii
from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, config

BODY_LIMIT = 16 << 20
"""Bytes of a call that are translated; browsers send one message per call."""

FORMS = {
    "application/grpc-web": False,
    "application/grpc-web+proto": False,
    "application/grpc-web-text": True,
    "application/grpc-web-text+proto": True,
}
"""Whether a media type is written in base64. Those with JSON need what a .proto file says, and are refused."""

CALL = "gopura.grpc_web"
"""Where in `exchange.ctx` the call's media type is."""

_TRAILERS = 0x80


class GrpcWeb(Plugin, name="grpc-web", priority=3, protocols=ALL_PROTOCOLS):
    """Translates between gRPC-Web and gRPC."""

    class Config(config.Record):
        """Which service, and who may call."""

        proto: Annotated[str | None, config.Optional()] = None
        """The .proto file that describes the service; needed to accept JSON."""
        pass_stripped_path: Annotated[bool | None, config.Optional()] = None
        """Whether the upstream gets the path without the part that the route matched."""
        allow_origin_header: Annotated[str | None, config.Optional()] = "*"
        """The value of Access-Control-Allow-Origin."""

    def request_body_limit(self, config: Config) -> int:
        """Have calls read."""
        return BODY_LIMIT

    def access(self, exchange: Exchange, config: Config) -> None:
        """Make a gRPC call of it."""
        request, upstream, origin = exchange.request, exchange.upstream_request, config.allow_origin_header
        exchange.response.headers.set("Access-Control-Allow-Origin", origin or "*")
        if request.method == "OPTIONS":
            exchange.exit(200, "OK", preflight(origin or "*"))
            return
        media = request.headers.get("content-type") or ""
        if media not in FORMS:
            exchange.exit(400, "transcoding requests require a .proto file defining the service")
            return
        body = decoded(request.body or b"") if FORMS[media] else request.body or b""
        if body is None:
            exchange.exit(400, "the call is not in base64")
            return
        exchange.ctx[CALL] = media
        upstream.headers.set("Content-Type", "application/grpc")
        upstream.headers.set("TE", "trailers")
        upstream.set_body(body)
        if not config.pass_stripped_path:
            upstream.path = request.path

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Call the response what the client calls it."""
        if media := exchange.ctx.get(CALL):
            exchange.response.headers.set("Content-Type", media)

    def body_filter(self, exchange: Exchange, config: Config, chunk: bytes, last: bool) -> bytes | None:
        """Write the status of the call, which browsers cannot read from trailers, behind the last message."""
        media = exchange.ctx.get(CALL)
        if media is None:
            return None
        piece = chunk + status_frame(exchange) if last else chunk
        if not FORMS[media]:
            return piece
        # Each piece is a base64 text of its own, as the protocol allows.
        return base64.b64encode(piece)


def preflight(origin: str) -> dict[str, str]:
    """What browsers ask for before they call."""
    return {
        "Content-Type": "application/grpc-web-text+proto",
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": "POST",
        "Access-Control-Allow-Headers": "content-type,x-grpc-web,x-user-agent",
    }


def decoded(text: bytes) -> bytes | None:
    """The messages in base64 texts that stand one behind the other; None when malformed."""
    found, start = b"", 0
    try:
        while start < len(text):
            padding = text.find(b"=", start)
            end = len(text) if padding < 0 else start + -(-(padding + 1 - start) // 4) * 4
            found += base64.b64decode(text[start:end], validate=True)
            start = end
    except binascii.Error:
        return None
    return found


def status_frame(exchange: Exchange) -> bytes:
    """The trailers of the call as a frame."""
    response = exchange.response
    trailers = response.trailers
    status = trailers.get("grpc-status") or response.headers.get("grpc-status") or "0"
    message = trailers.get("grpc-message") or response.headers.get("grpc-message") or ""
    lines = f"grpc-status:{status}\r\ngrpc-message:{message}\r\n".encode("utf-8", "surrogateescape")
    return bytes([_TRAILERS]) + len(lines).to_bytes(4, "big") + lines
