"""prometheus: what is counted, and how it is written."""

import queue
import re
from collections.abc import Iterator
from typing import Any

import pytest

from gopura.plugin import Exchange, Plugin
from gopura.plugins.prometheus.text import Spread, family, histogram
from gopura.testing import Gateway
from tests.waiting import PATIENCE

ALL = dict.fromkeys(("status_code_metrics", "latency_metrics", "bandwidth_metrics", "per_consumer"), True)


class Last(Plugin, name="last", priority=1):
    """Tells when a request has been counted."""

    done: "queue.Queue[None]" = queue.Queue()

    def log(self, exchange: Exchange, config: Any) -> None:
        self.done.put(None)


def given(**config: Any) -> dict[str, list[dict[str, Any]]]:
    return {
        "consumers": [{"username": "bob"}],
        "keyauth_credentials": [{"consumer": "bob", "key": "k"}],
        "plugins": [{"name": "key-auth"}, {"name": "prometheus", "config": config}, {"name": "last"}],
    }


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway(Last, given=given()) as running:
        yield running


def metrics(gateway: Gateway) -> dict[str, str]:
    """Values by name and labels."""
    text: str = gateway.host.ask("prometheus", "metrics", {})
    pairs = (line.rpartition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def send(gateway: Gateway, **headers: str | list[str]) -> None:
    gateway.get("/", headers)
    Last.done.get(timeout=PATIENCE)


def test_requests(gateway: Gateway) -> None:
    gateway.configure(given(**ALL))
    send(gateway, apikey="k")
    send(gateway, apikey="k")
    send(gateway)
    found = metrics(gateway)
    request = 'kong_http_requests_total{service="echo",route="all",code='
    assert found[request + '"200",source="service",consumer="bob"}'] == "2"
    assert found[request + '"401",source="kong",consumer=""}'] == "1"
    traffic = 'kong_bandwidth_bytes{service="echo",route="all",direction='
    assert int(found[traffic + '"egress",consumer="bob"}']) > 100
    assert int(found[traffic + '"ingress",consumer=""}']) > 10
    place = '{service="echo",route="all"'
    assert found[f"kong_request_latency_ms_count{place}}}"] == "3"
    assert found[f"kong_upstream_latency_ms_count{place}}}"] == "2"
    assert found[f'kong_kong_latency_ms_bucket{place},le="+Inf"}}'] == "3"


def test_nothing_is_counted_unless_asked_for(gateway: Gateway) -> None:
    send(gateway, apikey="k")
    assert metrics(gateway) == {"kong_nginx_metric_errors_total": "0"}
    gateway.configure(given(status_code_metrics=True))
    send(gateway, apikey="k")
    _errors, name = metrics(gateway)
    assert re.search('consumer=""', name)


def test_text() -> None:
    rows = [({"a": 'x"\\\n'}, 1.5), ({}, 2.0)]
    expected = '# HELP m about\n# TYPE m gauge\nm{a="x\\"\\\\\\n"} 1.5\nm 2\n'
    assert family("m", "gauge", "about", rows) == expected
    assert family("m", "gauge", "about", []) == ""


def test_histograms() -> None:
    spread = Spread((1, 10))
    for value in (0, 1, 5, 100):
        spread.observe(value)
    assert spread.cumulative() == [2, 3, 4]
    lines = histogram("h", "about", (1, 10), [({"s": "x"}, spread)]).splitlines()
    assert lines[2:] == [
        'h_bucket{s="x",le="1"} 2',
        'h_bucket{s="x",le="10"} 3',
        'h_bucket{s="x",le="+Inf"} 4',
        'h_count{s="x"} 4',
        'h_sum{s="x"} 106',
    ]
