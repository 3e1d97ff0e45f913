"""gRPC's messages on the wire: each stands behind a byte of flags and four of its length."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_HEAD = struct.Struct(">BI")


def frame(message: bytes, flags: int = 0) -> bytes:
    """The message with its length before it."""
    return _HEAD.pack(flags, len(message)) + message


class Frames:
    """Takes pieces of a stream and gives the messages that are complete."""

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The messages that this piece completes."""
        self.rest += piece
        while len(self.rest) >= _HEAD.size:
            _flags, length = _HEAD.unpack_from(self.rest)
            end = _HEAD.size + length
            if len(self.rest) < end:
                return
            message, self.rest = self.rest[_HEAD.size : end], self.rest[end:]
            yield message
