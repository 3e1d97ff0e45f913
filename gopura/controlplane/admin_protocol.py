"""HTTP/1.1 as Kong's Admin API takes it: names and tags in the request line may be in UTF-8 as they are."""

import re

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")


class AdminProtocol(H11Protocol):
    """uvicorn's, which refuses bytes beyond ASCII in the request line."""

    def data_received(self, data: bytes) -> None:
        """Encode such bytes, until the line ends: it may come in several packets."""
        if self.conn.their_state is h11.IDLE and b"\n" not in self.conn.trailing_data[0]:
            line, end, rest = data.partition(b"\n")
            data = _BEYOND_ASCII.sub(lambda match: b"%%%02X" % match[0][0], line) + end + rest
        super().data_received(data)
