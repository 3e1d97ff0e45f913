"""Prometheus reads the Admin API and the status API."""

import time

import httpx

from tests.servers.echo import Echo
from tests.servers.gateway import Gateway
from tests.waiting import PATIENCE


def test_both_have_what_was_counted(gateway: Gateway, echo: Echo) -> None:
    with gateway.client() as admin, gateway.visitor() as visitor:
        service = admin.post("/services", json={"name": "measured", "url": echo.url}).json()
        admin.post(f"/services/{service['id']}/routes", json={"name": "m", "paths": ["/measured"]})
        admin.post("/plugins", json={"name": "prometheus", "config": {"status_code_metrics": True}})
        assert visitor.get("/measured").status_code == 200
        expected = (
            'kong_http_requests_total{service="measured",route="m",code="200",source="service",consumer=""} 1'
        )
        for url in (f"{gateway.admin}/metrics", f"http://127.0.0.1:{gateway.status_port}/metrics"):
            assert expected in _text(url, expected)


def _text(url: str, expected: str) -> str:
    """The metrics, once the request has been counted, which is after its answer."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = httpx.get(url, trust_env=False, timeout=PATIENCE)
        assert answer.headers["Content-Type"] == "text/plain; charset=UTF-8"
        assert "kong_nginx_connections_total" in answer.text
        if expected in answer.text or time.monotonic() > end:
            return answer.text
        time.sleep(0.05)
