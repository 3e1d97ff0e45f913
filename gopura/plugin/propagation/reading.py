"""Reading tracing headers: B3, W3C Trace Context, Jaeger, OpenTracing, AWS X-Ray, Google Cloud."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from gopura._engine import Pattern

if TYPE_CHECKING:
    from gopura._engine import Headers

_B3 = ("x-b3-sampled", "x-b3-flags", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid")
_B3_SINGLE = Pattern(r"^([0-9a-fA-F]+)-([0-9a-fA-F]{16})-?([01d]?)-?([0-9a-fA-F]*)\z")
_TRACE_STATE_B3 = Pattern(r"^b3=(.+)\z")
_W3C = Pattern(r"^([0-9a-fA-F]+)-([0-9a-fA-F]+)-([0-9a-fA-F]+)-([0-9a-fA-F]+)\z")
_JAEGER = Pattern(r"^([0-9a-fA-F]+):([0-9a-fA-F]+):([0-9a-fA-F]+):([0-9a-fA-F]+)\z")
_AWS = Pattern(r"^1-([0-9a-fA-F]{8})-([0-9a-fA-F]{24})\z")
_GCP = Pattern(r"^([0-9a-f]{32})/([0-9]{1,20})(?:;o=([0-9]))?\z")
_TRACE_ID, _SPAN_ID = Pattern(r"^[0-9a-fA-F]{16}(?:[0-9a-fA-F]{16})?\z"), Pattern(r"^[0-9a-fA-F]{16}\z")
_TRUTH = {"1": True, "true": True, "0": False, "false": False}
_BAGGAGE = ("ot-baggage-", "uberctx-")


@dataclass(frozen=True)
class Incoming:
    """What a request says of its trace. `kind` is the format of its headers, None without any."""

    kind: str | None = None
    trace_id: bytes | None = None
    span_id: bytes | None = None
    parent_id: bytes | None = None
    sampled: bool | None = None
    baggage: dict[str, str] = field(default_factory=dict)


def read(headers: Headers, wanted: str = "preserve") -> Incoming:
    """Read the headers of the first format that is there; nothing when `wanted` is `ignore`.

    Malformed ones count as absent, but their format is known.
    """
    kind, value = ("ignored", "") if wanted == "ignore" else _find(headers)
    if kind is None or wanted == "ignore":
        return Incoming()
    found = _b3(headers, value) if kind in ("b3", "b3-single") else _READERS[kind](headers, value)
    baggage = _baggage(headers) if found.trace_id is not None else {}
    return replace(found, kind=kind, baggage=baggage)


def _find(headers: Headers) -> tuple[str | None, str]:
    single = headers.get("b3")
    if single is None:
        state = _TRACE_STATE_B3.groups(",".join(headers.get_all("tracestate")))
        single = state[1] if state else None
    if single is not None:
        return "b3-single", single
    if any(name in headers for name in _B3):
        return "b3", ""
    for kind, name in _NAMES.items():
        if (value := headers.get(name)) is not None:
            return kind, value
    return None, ""


def _b3(headers: Headers, single: str) -> Incoming:
    sampled = _TRUTH.get(headers.get("x-b3-sampled", ""))
    if headers.get("x-b3-flags") == "1":
        sampled = True
    given = (headers.get("x-b3-traceid"), headers.get("x-b3-spanid"), headers.get("x-b3-parentspanid"))
    ids = list(given)
    valid = all(value is None or _valid(index, value) for index, value in enumerate(given))
    if single in ("1", "d", "0"):
        sampled = bool(sampled) if single == "0" else True
    elif single:
        found = _B3_SINGLE.groups(single)
        if found is None or not _TRACE_ID.matches(found[1]) or len(found[4]) not in (0, 16):
            valid = False
        else:
            ids = [own or other for own, other in zip((found[1], found[2], found[4]), given, strict=True)]
            sampled = True if found[3] in ("1", "d") else sampled or (False if found[3] == "0" else None)
    if not valid or ids[0] is None:
        return Incoming(sampled=sampled)
    trace_id, span_id, parent_id = (bytes.fromhex(value) if value else None for value in ids)
    return Incoming(None, trace_id, span_id, parent_id, sampled)


def _valid(index: int, value: str) -> bool:
    return (_SPAN_ID if index else _TRACE_ID).matches(value)


def _w3c(_headers: Headers, value: str) -> Incoming:
    found = _W3C.groups(value)
    if found is None or found[1] != "00" or [len(part) for part in found[1:]] != [2, 32, 16, 2]:
        return Incoming()
    trace_id, parent_id = bytes.fromhex(found[2]), bytes.fromhex(found[3])
    if not any(trace_id) or not any(parent_id):
        return Incoming()
    return Incoming(None, trace_id, None, parent_id, bool(int(found[4], 16) & 1))


def _jaeger(_headers: Headers, value: str) -> Incoming:
    found = _JAEGER.groups(value)
    if found is None:
        return Incoming()
    _, trace, span, parent, flags = found
    if len(trace) > 32 or len(span) > 16 or len(flags) > 2 or not int(trace, 16) or not int(span, 16):
        return Incoming()
    parent_id = bytes.fromhex(parent) if len(parent) == 16 else None
    ids = bytes.fromhex(trace.zfill(32)), bytes.fromhex(span.zfill(16))
    return Incoming(None, *ids, parent_id, bool(int(flags, 16) & 1))


def _ot(headers: Headers, value: str) -> Incoming:
    sampled, span = _TRUTH.get(headers.get("ot-tracer-sampled", "")), headers.get("ot-tracer-spanid")
    if not _valid(0, value) or (span is not None and not _valid(1, span)):
        return Incoming(sampled=sampled)
    parent_id = bytes.fromhex(span) if span else None
    return Incoming(None, bytes.fromhex(value), None, parent_id, sampled)


def _aws(_headers: Headers, value: str) -> Incoming:
    pairs = (part.partition("=") for part in value.split(";"))
    parts = {name.strip(): text.strip() for name, _, text in pairs}
    root, parent, sampled = _AWS.groups(parts.get("Root", "")), parts.get("Parent"), parts.get("Sampled")
    if root is None or (parent is not None and not _valid(1, parent)) or sampled not in (None, "0", "1"):
        return Incoming()
    span_id = bytes.fromhex(parent) if parent else None
    decided = None if sampled is None else sampled == "1"
    return Incoming(None, bytes.fromhex(root[1] + root[2]), span_id, None, decided)


def _gcp(_headers: Headers, value: str) -> Incoming:
    found = _GCP.groups(value)
    if found is None or int(found[2]) >= 1 << 64:
        return Incoming()
    span_id = int(found[2]).to_bytes(8, "big")
    return Incoming(None, bytes.fromhex(found[1]), span_id, None, found[3] == "1")


def _baggage(headers: Headers) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers.items():
        for prefix in _BAGGAGE:
            if name.lower().startswith(prefix):
                found[name.lower().removeprefix(prefix)] = unquote(value)
    return found


_NAMES = {
    "w3c": "traceparent",
    "jaeger": "uber-trace-id",
    "ot": "ot-tracer-traceid",
    "aws": "x-amzn-trace-id",
    "gcp": "x-cloud-trace-context",
}
_READERS: dict[str, Callable[[Headers, str], Incoming]] = {
    "w3c": _w3c,
    "jaeger": _jaeger,
    "ot": _ot,
    "aws": _aws,
    "gcp": _gcp,
}
