"""Who the client is, and what trusted proxies may say."""

import json
import socket

import pytest

from tests.engine.proxy import Config, Proxy, parse
from tests.servers.echo import Echo


def serve(echo: Echo, **settings: object) -> Proxy:
    proxy = Proxy(**settings)
    config = Config()
    config.route(config.service(echo.port), paths=["/p"])
    proxy.serve(config)
    return proxy


TRUSTED = {"trusted_ips": ["127.0.0.0/8"]}


@pytest.mark.parametrize(
    ("settings", "sent", "seen"),
    [
        (TRUSTED, {"X-Forwarded-Proto": "https"}, {"x-forwarded-proto": "https"}),
        (TRUSTED, {"X-Forwarded-Host": "o.test"}, {"x-forwarded-host": "o.test"}),
        (TRUSTED, {"X-Forwarded-Port": "99"}, {"x-forwarded-port": "99"}),
        (TRUSTED, {"X-Forwarded-Path": "/o"}, {"x-forwarded-path": "/o"}),
        (TRUSTED, {"X-Forwarded-Prefix": "/o"}, {"x-forwarded-prefix": "/o"}),
        (TRUSTED, {"X-Real-IP": "9.9.9.9"}, {"x-real-ip": "9.9.9.9", "x-forwarded-for": "9.9.9.9"}),
        (
            TRUSTED | {"real_ip_header": "X-Forwarded-For"},
            {"X-Forwarded-For": "1.1.1.1, 2.2.2.2"},
            {"x-real-ip": "2.2.2.2", "x-forwarded-for": "1.1.1.1, 2.2.2.2, 127.0.0.1"},
        ),
        (
            {
                "trusted_ips": ["127.0.0.1", "2.2.2.2"],
                "real_ip_header": "X-Forwarded-For",
                "real_ip_recursive": "on",
            },
            {"X-Forwarded-For": "1.1.1.1, 2.2.2.2"},
            {"x-real-ip": "1.1.1.1"},
        ),
        ({"trusted_ips": ["10.0.0.0/8"]}, {"X-Real-IP": "9.9.9.9"}, {"x-real-ip": "127.0.0.1"}),
    ],
)
def test_trusted_proxies(
    echo: Echo, settings: dict[str, object], sent: dict[str, str], seen: dict[str, str]
) -> None:
    proxy = serve(echo, **settings)
    try:
        headers = proxy.get("/p", **sent).json()["headers"]
        assert {name: headers.get(name) for name in seen} == seen
    finally:
        proxy.stop()


def test_proxy_protocol(echo: Echo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        entry = {"fds": [listening.fileno()], "proxy_protocol": True}
        proxy = serve(echo, listeners=[entry], trusted_ips=["127.0.0.1"], real_ip_header="proxy_protocol")
        try:
            head = b"GET /p HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            raw = proxy.raw(b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n" + head, port=port)
            assert parse(raw).json()["headers"]["x-real-ip"] == "1.2.3.4"
            assert proxy.raw(head, port=port) == b""
        finally:
            proxy.stop()


def test_debug_headers(echo: Echo) -> None:
    proxy = serve(echo, allow_debug_header=True)
    try:
        answer = proxy.get("/p", Kong_Debug="yes")
        assert answer.header("kong-service-id") is not None
        assert answer.header("kong-route-id") is not None
        assert proxy.get("/p").header("kong-route-id") is None
    finally:
        proxy.stop()


@pytest.mark.parametrize(
    ("settings", "sent", "told"),
    [
        ({}, {"X-Kong-Request-Debug": "*"}, True),
        ({}, {"X-Kong-Request-Debug": "access"}, False),
        ({}, {"X-Kong-Request-Debug-Log": "true"}, False),
        ({"request_debug": False}, {"X-Kong-Request-Debug": "*"}, False),
        (TRUSTED, {"X-Kong-Request-Debug": "*", "X-Real-IP": "1.1.1.1"}, False),
        (
            TRUSTED | {"request_debug_token": "t"},
            {"X-Kong-Request-Debug": "*", "X-Real-IP": "1.1.1.1", "X-Kong-Request-Debug-Token": "t"},
            True,
        ),
        (
            TRUSTED | {"request_debug_token": "t"},
            {"X-Kong-Request-Debug": "*", "X-Real-IP": "1.1.1.1", "X-Kong-Request-Debug-Token": "u"},
            False,
        ),
    ],
)
def test_times_of_a_request(
    echo: Echo, settings: dict[str, object], sent: dict[str, str], told: bool
) -> None:
    proxy = serve(echo, **settings)
    try:
        answer = proxy.get("/p", **sent)
        output = json.loads(answer.header("x-kong-request-debug-output") or "{}")
        assert ("request_id" in output) == told
        parts = {"rewrite", "access", "balancer", "header_filter", "upstream"} if told else set()
        assert output.get("child", {}).keys() == parts
        passed = any(name.startswith("x-kong-request-debug") for name in answer.json()["headers"])
        assert passed == (settings.get("request_debug") is False)
    finally:
        proxy.stop()
