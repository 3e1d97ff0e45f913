"""Calls of gRPC-Web: what their media types say of how messages are written."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Any

import orjson

from gopura.plugin.grpc import Frames, frame
from gopura.plugin.proto_file import Method, ProtoError

_TRAILERS = 0x80


@dataclass(frozen=True)
class Form:
    """How a media type writes calls."""

    base64: bool = False
    json: bool = False
    framed: bool = True
    """Whether each message has its length before it, and the trailers come as a last one."""


FORMS = {
    "application/grpc-web": Form(),
    "application/grpc-web+proto": Form(),
    "application/grpc-web-text": Form(base64=True),
    "application/grpc-web-text+proto": Form(base64=True),
    "application/grpc-web+json": Form(json=True),
    "application/grpc-web-text+json": Form(base64=True, json=True),
    "application/json": Form(json=True, framed=False),
}


@dataclass
class Call:
    """One call."""

    media: str
    form: Form
    method: Method | None
    """The method that is called, where messages are JSON."""
    frames: Frames = field(default_factory=Frames)

    def written(self, body: bytes) -> bytes:
        """A request for the upstream; ProtoError when it is malformed."""
        if self.form.base64:
            body = decoded(body)
        return frame(self.method.encode(self._read(body))) if self.method else body

    def _read(self, body: bytes) -> dict[str, Any]:
        text = next(Frames().feed(body), b"") if self.form.framed else body
        try:
            values = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise ProtoError(f"the call is no JSON: {error}") from None
        if not isinstance(values, dict):
            raise ProtoError("the call is no JSON object")
        return values

    def read(self, chunk: bytes, trailers: bytes) -> bytes:
        """A piece of the response for the client; `trailers` are empty but behind the last one."""
        if self.method:
            messages = [orjson.dumps(self.method.decode(message)) for message in self.frames.feed(chunk)]
            chunk = b"".join(map(frame, messages) if self.form.framed else messages)
        if self.form.framed and trailers:
            chunk += frame(trailers, _TRAILERS)
        # Each piece is a base64 text of its own, as the protocol allows.
        return base64.b64encode(chunk) if self.form.base64 else chunk


def decoded(text: bytes) -> bytes:
    """The messages in base64 texts that stand one behind the other; ProtoError when malformed."""
    found, start = b"", 0
    try:
        while start < len(text):
            padding = text.find(b"=", start)
            end = len(text) if padding < 0 else start + -(-(padding + 1 - start) // 4) * 4
            found += base64.b64decode(text[start:end], validate=True)
            start = end
    except binascii.Error:
        raise ProtoError("the call is not in base64") from None
    return found
