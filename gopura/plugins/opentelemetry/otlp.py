"""Spans as the OpenTelemetry protocol (OTLP) wants them, in Protocol Buffers."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

INTERNAL, SERVER, CLIENT = 1, 2, 3
ERROR = 2
_WHOLE = frozenset({"http.status_code"})
_VARINT, _FIXED64, _BYTES = 0, 1, 2

Value = str | bool | int | float


@dataclass
class OtlpSpan:
    """One span; moments in nanoseconds since 1970."""

    name: str
    kind: int
    id: bytes
    parent_id: bytes | None
    start: int
    end: int = 0
    attributes: dict[str, Value | None] = field(default_factory=dict)
    status: int | None = None

    def encoded(self, trace_id: bytes) -> bytes:
        """The message `Span`."""
        parts = [
            _bytes(1, trace_id.rjust(16, b"\0")[-16:]),
            _bytes(2, self.id),
            _bytes(4, self.parent_id or b""),
            _bytes(5, self.name.encode()),
            _varint_field(6, self.kind),
            _fixed(7, self.start),
            _fixed(8, max(self.end, self.start)),
            attributes(9, self.attributes),
        ]
        if self.status is not None:
            parts.append(_bytes(15, _varint_field(3, self.status)))
        return b"".join(parts)


def request(spans: list[bytes], resource: Mapping[str, Value | None]) -> bytes:
    """The message `ExportTraceServiceRequest` with encoded spans."""
    scope = _bytes(1, b"kong-internal") + _bytes(2, b"0.1.0")
    scoped = _bytes(1, scope) + b"".join(_bytes(2, span) for span in spans)
    return _bytes(1, _bytes(1, attributes(1, resource)) + _bytes(2, scoped))


def attributes(number: int, values: Mapping[str, Value | None]) -> bytes:
    """Repeated messages `KeyValue`; those without a value are left out."""
    return b"".join(
        _bytes(number, _bytes(1, name.encode()) + _bytes(2, _any(name, value)))
        for name, value in values.items()
        if value is not None
    )


def _any(name: str, value: Value) -> bytes:
    if isinstance(value, bool):
        return _varint_field(2, int(value))
    if isinstance(value, str):
        return _bytes(1, value.encode("utf-8", "replace"))
    if name in _WHOLE:
        return _varint_field(3, int(value))
    return _tag(4, _FIXED64) + struct.pack("<d", value)


def _bytes(number: int, content: bytes) -> bytes:
    return _tag(number, _BYTES) + _varint(len(content)) + content if content or number == 1 else b""


def _fixed(number: int, value: int) -> bytes:
    return _tag(number, _FIXED64) + struct.pack("<Q", value)


def _varint_field(number: int, value: int) -> bytes:
    return _tag(number, _VARINT) + _varint(value)


def _tag(number: int, kind: int) -> bytes:
    return _varint(number << 3 | kind)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
