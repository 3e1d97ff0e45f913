"""The status API: readiness, upstreams, and every family of measurements."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.servers.echo import Echo
from tests.servers.gateway import Gateway
from tests.waiting import wait_for

KONGS_OWN = {
    "kong_datastore_reachable",
    "kong_memory_lua_shared_dict_bytes",
    "kong_memory_lua_shared_dict_total_bytes",
    "kong_memory_workers_lua_vms_bytes",
    "kong_nginx_connections_total",
    "kong_nginx_requests_total",
    "kong_nginx_timers",
    "kong_node_info",
}
"""What Kong 3.5's exporter shows of a node whose plugin prometheus is not enabled."""

COUNTED = {
    "kong_bandwidth_bytes",
    "kong_http_requests_total",
    "kong_kong_latency_ms",
    "kong_nginx_metric_errors_total",
    "kong_request_latency_ms",
    "kong_upstream_latency_ms",
    "kong_upstream_target_health",
}
"""What it shows besides when the plugin is enabled and measures everything."""

EVERYTHING = dict.fromkeys(
    (
        "per_consumer",
        "status_code_metrics",
        "latency_metrics",
        "bandwidth_metrics",
        "upstream_health_metrics",
    ),
    True,
)


@pytest.fixture(scope="module")
def bare() -> Iterator[Gateway]:
    gateway = Gateway({"database": "off"})
    yield gateway
    gateway.stop()


def status(gateway: Gateway, path: str, method: str = "GET") -> httpx.Response:
    url = f"http://{gateway.host}:{gateway.status_port}{path}"
    return httpx.request(method, url, trust_env=False, timeout=30)


def load(gateway: Gateway, **entities: Any) -> None:
    with gateway.client() as admin:
        answer = admin.post("/config", json={"_format_version": "3.0"} | entities)
        assert answer.status_code == 201, answer.text


def families(text: str) -> set[str]:
    return set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))


def document(echo: Echo, enabled: bool) -> dict[str, Any]:
    target = {"target": f"127.0.0.1:{echo.port}"}
    return {
        "upstreams": [
            {"name": "u", "targets": [target]},
            {
                "name": "checked",
                "targets": [target],
                "healthchecks": {"passive": {"unhealthy": {"tcp_failures": 1}}},
            },
            {"name": "lost", "targets": [{"target": "nowhere.invalid:80"}]},
        ],
        "services": [{"name": "s", "host": "u", "routes": [{"name": "r", "paths": ["/"]}]}],
        "plugins": [{"name": "prometheus", "enabled": enabled, "config": EVERYTHING}],
    }


def test_an_empty_node_is_not_ready(bare: Gateway) -> None:
    for _ in range(2):
        answer, told = status(bare, "/status/ready"), status(bare, "/status").json()
        reason = "no configuration available (empty configuration present)"
        assert (answer.status_code, answer.json()) == (503, {"message": reason})
        assert told["configuration_hash"] == "0" * 32
        with bare.client() as admin:
            assert admin.get("/status").json()["configuration_hash"] == "0" * 32
        load(bare)  # with nothing in it: no better than before
    load(bare, consumers=[{"username": "a"}])
    assert status(bare, "/status/ready").json() == {"message": "ready"}
    load(bare)
    assert status(bare, "/status/ready").status_code == 503


def test_every_family(bare: Gateway, echo: Echo) -> None:
    load(bare, **document(echo, enabled=True))
    with bare.visitor() as visitor:
        for _ in range(3):
            assert visitor.get("/").status_code == 200
    for read in (
        lambda: status(bare, "/metrics"),
        lambda: httpx.get(f"{bare.admin}/metrics", trust_env=False),
    ):
        wait_for(lambda read=read: families(read().text) == KONGS_OWN | COUNTED)
    text = status(bare, "/metrics").text
    assert "kong_datastore_reachable 1\n" in text
    assert re.search(r'kong_nginx_connections_total\{[^}]*state="handled"\} [1-9]', text)
    assert re.search(r'kong_nginx_timers\{state="running"\} \d', text)
    health = re.findall(r"^kong_upstream_target_health\{(.*)\} 1$", text, re.MULTILINE)
    address = f"127.0.0.1:{echo.port}"
    labels = 'upstream="{}",target="{}",address="{}",state="{}",subsystem="http"'
    assert sorted(health) == [
        labels.format("checked", address, address, "healthy"),
        labels.format("lost", "nowhere.invalid:80", "", "dns_error"),
        labels.format("u", address, address, "healthchecks_off"),
    ]


def test_what_was_counted_is_gone_while_the_plugin_is_disabled(bare: Gateway, echo: Echo) -> None:
    load(bare, **document(echo, enabled=True))
    with bare.visitor() as visitor:
        visitor.get("/")
    wait_for(lambda: "kong_http_requests_total" in status(bare, "/metrics").text)
    load(bare, **document(echo, enabled=False))
    assert families(status(bare, "/metrics").text) == KONGS_OWN
    assert families(httpx.get(f"{bare.admin}/metrics", trust_env=False).text) == KONGS_OWN
    load(bare, **document(echo, enabled=True))
    assert "kong_http_requests_total{" in status(bare, "/metrics").text


PATHS = [
    "/upstreams/u/health",
    "/upstreams/u/health?balancer_health=1",
    "/upstreams/u/targets",
    "/upstreams/u/targets/",
    "/upstreams/u/targets?size=1",
    "/upstreams/u/targets?size=x",
    "/upstreams/u/targets/all",
    "/upstreams/u/targets/nowhere.invalid:80",
    "/upstreams/none/health",
    "/upstreams/none/targets",
    "/upstreams/u%00/targets",
]


@pytest.mark.parametrize("path", PATHS)
def test_upstreams_are_told_as_by_the_admin_api(bare: Gateway, echo: Echo, path: str) -> None:
    load(bare, **document(echo, enabled=True))
    told, expected = status(bare, path), httpx.get(f"{bare.admin}{path}", trust_env=False)
    assert told.status_code == expected.status_code
    if expected.headers["Content-Type"].startswith("application/json"):
        assert told.json() == expected.json()


def test_the_status_api_only_tells(bare: Gateway, echo: Echo) -> None:
    load(bare, **document(echo, enabled=True))
    target = f"/upstreams/u/targets/127.0.0.1:{echo.port}"
    assert status(bare, target, "DELETE").status_code == 405
    assert status(bare, f"{target}/unhealthy", "PUT").status_code == 404
    assert status(bare, "/metrics", "POST").status_code == 405
    assert status(bare, "/status", "POST").json() == {"message": "Method not allowed"}
    for path in ("/upstreams", "/upstreams/u", "/services", "/upstreams/../services", "/", "/other"):
        answer = status(bare, path)
        assert (answer.status_code, answer.json()) == (404, {"message": "Not found"})
    for path in ("/status", "/status/ready", "/metrics", target):
        answer = status(bare, path, "OPTIONS")
        assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
        assert status(bare, path, "HEAD").content == b""


def test_with_a_database_upstreams_are_for_the_admin_api(gateway: Gateway) -> None:
    assert status(gateway, "/upstreams/u/health").status_code == 404
    assert status(gateway, "/status/ready").status_code == 200
    assert families(status(gateway, "/metrics").text) >= KONGS_OWN


def test_memory(bare: Gateway) -> None:
    wait_for(
        lambda: (
            status(bare, "/status").json()["memory"]["workers_lua_vms"][0]["http_allocated_gc"] != "0.00 MiB"
        )
    )
    (worker,) = status(bare, "/status?unit=k&scale=0").json()["memory"]["workers_lua_vms"]
    assert re.fullmatch(r"\d+ KiB", worker["http_allocated_gc"])
    for listener in (f"http://{bare.host}:{bare.status_port}", bare.admin):
        answer = httpx.get(f"{listener}/status?scale=1000000000", trust_env=False)
        assert (answer.status_code, len(answer.text) < 10_000) == (200, True)
