"""Writing tracing headers, and telling log plugins the trace's id."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from gopura.plugin.record import set_value

if TYPE_CHECKING:
    from gopura._engine import Exchange

FORMATS = "gopura.trace_id"
"""Where in `exchange.ctx` the trace's id is, by format."""

_W3C_BYTES = 16


def new_id(size: int = 8) -> bytes:
    """An id of a span, or of so many bytes."""
    return os.urandom(size)


@dataclass
class Span:
    """The span that the upstream's spans belong to."""

    trace_id: bytes
    span_id: bytes
    parent_id: bytes | None
    sampled: bool
    baggage: dict[str, str] = field(default_factory=dict)

    @property
    def wide(self) -> str:
        """The trace's id with the length that W3C Trace Context wants."""
        return self.trace_id.rjust(_W3C_BYTES, b"\0")[-_W3C_BYTES:].hex()

    @property
    def bit(self) -> str:
        """Whether it is sampled."""
        return "1" if self.sampled else "0"


def write(exchange: Exchange, span: Span, wanted: str, found: str | None, default: str) -> None:
    """Set the headers of the wanted format, and of the one that the request came with or else the default one."""
    ids: dict[str, str] = exchange.ctx.setdefault(FORMATS, {})
    for kind in {wanted, found or default} & _WRITERS.keys():
        ids["b3" if kind == "b3-single" else kind] = _WRITERS[kind](exchange, span)
    for name, value in span.baggage.items():
        exchange.upstream_request.headers.set(f"uberctx-{name}", quote(value, safe=""))
    set_value(exchange, "trace_id", ids)


def _b3(exchange: Exchange, span: Span) -> str:
    headers = exchange.upstream_request.headers
    headers.set("x-b3-traceid", span.trace_id.hex())
    headers.set("x-b3-spanid", span.span_id.hex())
    if span.parent_id:
        headers.set("x-b3-parentspanid", span.parent_id.hex())
    if "x-b3-flags" not in exchange.request.headers:
        headers.set("x-b3-sampled", span.bit)
    return span.trace_id.hex()


def _b3_single(exchange: Exchange, span: Span) -> str:
    parts = [span.trace_id.hex(), span.span_id.hex(), span.bit]
    if span.parent_id:
        parts.append(span.parent_id.hex())
    exchange.upstream_request.headers.set("b3", "-".join(parts))
    return parts[0]


def _w3c(exchange: Exchange, span: Span) -> str:
    value = f"00-{span.wide}-{span.span_id.hex()}-0{span.bit}"
    exchange.upstream_request.headers.set("traceparent", value)
    return span.wide


def _jaeger(exchange: Exchange, span: Span) -> str:
    parent = span.parent_id.hex() if span.parent_id else "0"
    value = f"{span.trace_id.hex()}:{span.span_id.hex()}:{parent}:0{span.bit}"
    exchange.upstream_request.headers.set("uber-trace-id", value)
    return span.trace_id.hex()


def _ot(exchange: Exchange, span: Span) -> str:
    headers = exchange.upstream_request.headers
    headers.set("ot-tracer-traceid", span.wide)
    headers.set("ot-tracer-spanid", span.span_id.hex())
    headers.set("ot-tracer-sampled", span.bit)
    for name, value in span.baggage.items():
        headers.set(f"ot-baggage-{name}", quote(value, safe=""))
    return span.wide


def _aws(exchange: Exchange, span: Span) -> str:
    trace = span.trace_id.hex()
    value = f"Root=1-{trace[:8]}-{trace[8:]};Parent={span.span_id.hex()};Sampled={span.bit}"
    exchange.upstream_request.headers.set("x-amzn-trace-id", value)
    return trace


def _gcp(exchange: Exchange, span: Span) -> str:
    value = f"{span.wide}/{int.from_bytes(span.span_id, 'big')};o={span.bit}"
    exchange.upstream_request.headers.set("x-cloud-trace-context", value)
    return span.wide


_WRITERS: dict[str, Callable[[Exchange, Span], str]] = {
    "b3": _b3,
    "b3-single": _b3_single,
    "w3c": _w3c,
    "jaeger": _jaeger,
    "ot": _ot,
    "aws": _aws,
    "gcp": _gcp,
}
