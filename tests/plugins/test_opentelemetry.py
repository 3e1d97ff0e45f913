"""opentelemetry: tracing headers, and spans in OTLP."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.plugins.opentelemetry.otlp import OtlpSpan, request
from gopura.testing import Gateway
from gopura.testing.upstream import Received
from tests.plugins.collector import Collector

TRACE, SPAN = "463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312"
ALL = {"tracing_instrumentations": ["all"], "tracing_sampling_rate": 1}
Message = dict[int, list[Any]]


def decoded(data: bytes) -> Message:
    """The fields of a Protocol Buffers message by number: ints, or bytes."""
    fields: Message = {}
    place = 0

    def varint() -> int:
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(data):
        key = varint()
        size = {0: 0, 1: 8}.get(key & 7)
        if size == 0:
            value: Any = varint()
        else:
            length = varint() if size is None else size
            value = data[place : place + length]
            place += length
        fields.setdefault(key >> 3, []).append(value)
    return fields


def attributes(pairs: list[bytes]) -> dict[str, Any]:
    found = {}
    for pair in map(decoded, pairs):
        value = next(iter(decoded(pair[2][0]).values()))[0]
        found[pair[1][0].decode()] = value.decode() if isinstance(value, bytes) and len(value) != 8 else value
    return found


def spans_of(received: Received) -> tuple[dict[str, Any], list[Message]]:
    """The resource's attributes, and the spans."""
    (resource_spans,) = decoded(received.body)[1]
    parts = decoded(resource_spans)
    (scoped,) = parts[2]
    return attributes(decoded(parts[1][0])[1]), [decoded(span) for span in decoded(scoped)[2]]


def given(endpoint: str = "http://127.0.0.1:1/", **config: Any) -> dict[str, list[dict[str, Any]]]:
    queue = {"max_batch_size": 200, "max_coalescing_delay": 0.1}
    settings = {"endpoint": endpoint, "queue": queue} | config
    return {"plugins": [{"name": "opentelemetry", "config": settings}]}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway(given=given(), settings=ALL) as running:
        yield running


def test_spans(gateway: Gateway) -> None:
    with Collector() as collector:
        told = {"headers": {"X-T": "1"}, "resource_attributes": {"service.name": "svc"}}
        together = {"max_batch_size": 5, "max_coalescing_delay": 60}
        gateway.configure(given(collector.url, queue=together, **told))
        assert gateway.get("/a?b=c", {"traceparent": f"00-{TRACE}-{SPAN}-01"}).status == 200
        received = collector.next()
    assert (received.headers["Content-Type"], received.headers["X-T"]) == ("application/x-protobuf", "1")
    resource, spans = spans_of(received)
    assert resource["service.name"] == "svc"
    names = [span[5][0].decode() for span in spans]
    plugin = ["kong.access.plugin.opentelemetry", "kong.header_filter.plugin.opentelemetry"]
    assert names == ["kong", "kong.router", *plugin, "kong.balancer"]
    root, balancer = spans[0], spans[-1]
    assert {span[1][0].hex() for span in spans} == {TRACE}
    assert (root[4][0].hex(), root[6]) == (SPAN, [2])
    assert all(span[4] == root[2] for span in spans[1:])
    assert gateway.upstream.last.headers["traceparent"] == f"00-{TRACE}-{balancer[2][0].hex()}-01"
    found = attributes(root[9])
    assert (found["http.status_code"], found["http.route"], found["http.method"]) == (200, "/", "GET")


HEADERS: list[tuple[dict[str, Any], dict[str, str], dict[str, str]]] = [
    ({}, {}, {"traceparent": "00-[0-9a-f]{32}-[0-9a-f]{16}-01"}),
    ({}, {"traceparent": f"00-{TRACE}-{SPAN}-00"}, {"traceparent": f"00-{TRACE}-[0-9a-f]{{16}}-00"}),
    ({}, {"b3": f"{TRACE}-{SPAN}-1"}, {"b3": f"{TRACE}-[0-9a-f]{{16}}-1-[0-9a-f]{{16}}"}),
    ({"header_type": "ignore"}, {"b3": "0"}, {"traceparent": "00-[0-9a-f]{32}-[0-9a-f]{16}-01"}),
]


@pytest.mark.parametrize("settings", [ALL, {}])
@pytest.mark.parametrize(("config", "sent", "expected"), HEADERS)
def test_headers(
    settings: dict[str, Any], config: dict[str, Any], sent: dict[str, str], expected: dict[str, str]
) -> None:
    with Gateway(
        given=given(http_response_header_for_traceid="X-Trace", **config), settings=settings
    ) as gateway:
        answer = gateway.get("/", dict(sent))
        received = gateway.upstream.last.headers
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, received[name] or ""), received[name]
        assert answer.headers["X-Trace"] in received[name]


@pytest.mark.parametrize("settings", [{}, {"tracing_instrumentations": ["all"], "tracing_sampling_rate": 0}])
def test_silence(settings: dict[str, Any]) -> None:
    with Collector() as collector:
        with Gateway(given=given(collector.url), settings=settings) as gateway:
            assert gateway.get("/").status == 200
        assert collector.is_empty


def test_failed_tries_are_errors() -> None:
    span = OtlpSpan("x", 3, b"8bytes!!", None, 5, 3, {"a": None, "t": True}, 2)
    (resource_spans,) = decoded(request([span.encoded(b"short")], {}))[1]
    fields = decoded(decoded(decoded(resource_spans)[2][0])[2][0])
    assert fields[1] == [b"\0" * 11 + b"short"]
    assert (decoded(fields[15][0]), 4 in fields, fields[7]) == ({3: [2]}, False, fields[8])
