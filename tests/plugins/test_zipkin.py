"""zipkin: tracing headers in every format, and the spans that are sent."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.plugins.zipkin.trace import tags_of
from gopura.testing import Gateway
from tests.plugins.collector import Collector

Headers = dict[str, str | list[str]]
TRACE, SPAN, PARENT = "463ac35c9f6413ad48485a3953bb6124", "a2fb4a1d1a96d312", "05e3ac9a4f6e3b90"
NEW, ANY16 = "[0-9a-f]{32}", "[0-9a-f]{16}"


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    return {"plugins": [{"name": "zipkin", "config": {"sample_ratio": 1} | config}]}


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway(given=given()) as running:
        yield running


B3 = {"X-B3-TraceId": TRACE, "X-B3-SpanId": SPAN, "X-B3-Sampled": "1"}
W3C = {"traceparent": f"00-{TRACE}-{SPAN}-01"}

FORMATS: list[tuple[dict[str, Any], dict[str, str], dict[str, str]]] = [
    ({}, {}, {"x-b3-traceid": NEW, "x-b3-spanid": ANY16, "x-b3-parentspanid": ANY16, "x-b3-sampled": "1"}),
    ({"sample_ratio": 0}, {}, {"x-b3-sampled": "0"}),
    ({"traceid_byte_count": 8}, {}, {"x-b3-traceid": ANY16}),
    ({}, B3, {"x-b3-traceid": TRACE, "x-b3-parentspanid": SPAN}),
    ({}, B3 | {"X-B3-Sampled": "false"}, {"x-b3-sampled": "0"}),
    ({}, {"X-B3-TraceId": TRACE, "X-B3-Flags": "1"}, {"x-b3-traceid": TRACE, "x-b3-flags": "1"}),
    ({}, {"X-B3-TraceId": "nothex", "X-B3-SpanId": SPAN}, {"x-b3-traceid": NEW}),
    ({}, {"b3": f"{TRACE}-{SPAN}-1-{PARENT}"}, {"b3": f"{TRACE}-{ANY16}-1-{SPAN}"}),
    ({}, {"b3": f"{TRACE}-{SPAN}-d"}, {"b3": f"{TRACE}-{ANY16}-1-{SPAN}"}),
    ({}, {"b3": "0"}, {"b3": f"{NEW}-{ANY16}-0-{ANY16}"}),
    ({}, {"b3": "junk"}, {"b3": f"{NEW}-{ANY16}-1-{ANY16}"}),
    ({}, {"tracestate": f"b3={TRACE}-{SPAN}-1"}, {"b3": f"{TRACE}-{ANY16}-1-{SPAN}"}),
    ({}, W3C, {"traceparent": f"00-{TRACE}-{ANY16}-01"}),
    ({}, {"traceparent": f"00-{TRACE}-{SPAN}-00"}, {"traceparent": f"00-{TRACE}-{ANY16}-00"}),
    ({}, {"traceparent": f"01-{TRACE}-{SPAN}-01"}, {"traceparent": f"00-{NEW}-{ANY16}-01"}),
    ({}, {"traceparent": f"00-{'0' * 32}-{SPAN}-01"}, {"traceparent": f"00-(?!0{{32}}){NEW}-{ANY16}-01"}),
    ({}, {"uber-trace-id": f"abc:{SPAN}:0:1"}, {"uber-trace-id": f"0{{29}}abc:{ANY16}:{SPAN}:01"}),
    ({}, {"uber-trace-id": "0:1:0:1"}, {"uber-trace-id": f"{NEW}:{ANY16}:{ANY16}:01"}),
    (
        {},
        {"ot-tracer-traceid": TRACE, "ot-tracer-sampled": "0"},
        {"ot-tracer-traceid": TRACE, "ot-tracer-sampled": "0"},
    ),
    (
        {},
        {"X-Amzn-Trace-Id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={SPAN};Sampled=0"},
        {"x-amzn-trace-id": f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={ANY16};Sampled=0"},
    ),
    ({}, {"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"}, {"x-cloud-trace-context": rf"{TRACE}/\d+;o=1"}),
    (
        {"header_type": "w3c"},
        B3,
        {"traceparent": f"00-{TRACE}-{ANY16}-01", "x-b3-traceid": TRACE},
    ),
    ({"header_type": "ignore", "default_header_type": "b3-single"}, W3C, {"b3": f"{NEW}-{ANY16}-1-{ANY16}"}),
    (
        {"header_type": "jaeger"},
        {"ot-tracer-traceid": TRACE, "ot-baggage-a": "x%20y"},
        {"uberctx-a": "x%20y", "ot-baggage-a": "x%20y", "uber-trace-id": f"{TRACE}:{ANY16}:{ANY16}:01"},
    ),
]


@pytest.mark.parametrize(("config", "sent", "expected"), FORMATS)
def test_formats(
    gateway: Gateway, config: dict[str, Any], sent: dict[str, str], expected: dict[str, str]
) -> None:
    gateway.configure(given(**config))
    headers: Headers = dict(sent)
    assert gateway.get("/", headers).status == 200
    received = gateway.upstream.last.headers
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, received[name] or ""), (name, received[name])


def test_spans(gateway: Gateway) -> None:
    with Collector() as zipkin:
        tags = [{"name": "static", "value": "tag"}]
        queue = {"max_batch_size": 3, "max_coalescing_delay": 5}
        gateway.configure(given(http_endpoint=zipkin.url, static_tags=tags, queue=queue))
        assert gateway.get("/a", {"Zipkin-Tags": "x=y; junk; z = 1 2 "} | B3).status == 200
        sent = zipkin.next()
        spans = {span["name"]: span for span in json.loads(sent.body)}
    assert sent.headers["Content-Type"] == "application/json"
    request, proxy, attempt = (spans[name] for name in ("GET", "GET (proxy)", "GET (balancer try 1)"))
    assert (request["traceId"], request["id"], request["kind"]) == (TRACE, SPAN, "SERVER")
    assert (proxy["parentId"], attempt["parentId"]) == (SPAN, SPAN)
    assert proxy["id"] == gateway.upstream.last.headers["x-b3-spanid"]
    expected = {"static": "tag", "x": "y", "z": "1 2", "http.path": "/a", "http.status_code": "200"}
    assert expected.items() <= request["tags"].items()
    assert proxy["remoteEndpoint"]["serviceName"] == "echo"
    assert attempt["tags"]["kong.balancer.try"] == "1"
    assert [note["value"] for note in proxy["annotations"]] == ["kas", "kaf", "khs", "khf", "kbs", "kbf"]
    assert all(span["duration"] >= 0 and span["timestamp"] > 1e15 for span in spans.values())


def test_durations_as_tags(gateway: Gateway) -> None:
    with Collector() as zipkin:
        config = {"phase_duration_flavor": "tags", "http_span_name": "method_path"}
        queue = {"max_batch_size": 3, "max_coalescing_delay": 5}
        gateway.configure(given(http_endpoint=zipkin.url, queue=queue, **config))
        gateway.get("/a")
        spans = {span["name"]: span for span in json.loads(zipkin.next().body)}
    assert "kong.access.duration_ms" in spans["GET /a (proxy)"]["tags"]
    assert "annotations" not in spans["GET /a"]


def test_what_is_not_sampled_is_not_sent(gateway: Gateway) -> None:
    with Collector() as zipkin:
        gateway.configure(given(http_endpoint=zipkin.url))
        gateway.get("/", {"b3": "0"})
        gateway.get("/", {"b3": "1"})
        zipkin.next()
        assert gateway.upstream.last.headers["b3"].split("-")[2] == "1"


def test_the_client_learns_the_trace(gateway: Gateway) -> None:
    gateway.configure(given(http_response_header_for_traceid="X-Trace"))
    assert gateway.get("/", dict(B3)).headers["X-Trace"] == TRACE


def test_tags() -> None:
    assert tags_of(["a=b;c = d e ;;junk", "f==g"]) == {"a": "b", "c": "d e", "f": "=g"}
