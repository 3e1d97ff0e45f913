"""acl, ip-restriction, bot-detection, request-size-limiting: who and what may pass."""

from typing import Any

import pytest

from tests.plugins.stored import Stored

CONSUMERS = ("dev", "ops", "both", "none", "odd")
ROUTES: dict[str, tuple[str, dict[str, Any]]] = {
    "allow": ("acl", {"allow": ["dev"]}),
    "deny": ("acl", {"deny": ["dev"]}),
    "hidden": ("acl", {"allow": ["dev"], "hide_groups_header": True}),
    "ip-allow": ("ip-restriction", {"allow": ["127.0.0.0/8"]}),
    "ip-allow-other": ("ip-restriction", {"allow": ["10.0.0.1", "::1"]}),
    "ip-deny": ("ip-restriction", {"deny": ["127.0.0.1"], "status": 418, "message": "go away"}),
    "ip-both": ("ip-restriction", {"allow": ["127.0.0.1"], "deny": ["127.0.0.1"]}),
    "bot": ("bot-detection", {}),
    "bot-listed": ("bot-detection", {"allow": ["Googlebot"], "deny": ["^evil"]}),
    "empty": ("request-size-limiting", {"allowed_payload_size": 0}),
    "size": ("request-size-limiting", {"allowed_payload_size": 10, "size_unit": "bytes"}),
    "length": (
        "request-size-limiting",
        {"allowed_payload_size": 10, "size_unit": "bytes", "require_content_length": True},
    ),
}


def given() -> dict[str, list[dict[str, Any]]]:
    acls = {"dev": ["dev"], "ops": ["ops"], "both": ["ops", "dev"], "none": [], "odd": ["a\r\nb"]}
    guarded = ("allow", "deny", "hidden")
    return {
        "consumers": [{"username": name} for name in CONSUMERS],
        "keyauth_credentials": [{"key": name, "consumer": name} for name in CONSUMERS],
        "acls": [{"group": group, "consumer": name} for name, of in acls.items() for group in of],
        "routes": [{"name": name, "paths": [f"~/{name}$"], "service": "echo"} for name in ROUTES],
        "plugins": [
            *({"name": "key-auth", "route": route} for route in guarded),
            *({"name": name, "route": route, "config": config} for route, (name, config) in ROUTES.items()),
        ],
    }


GIVEN = given()


@pytest.mark.parametrize(
    ("route", "key", "status", "groups"),
    [
        ("allow", "dev", 200, "dev"),
        ("allow", "both", 200, None),
        ("allow", "ops", 403, None),
        ("allow", "none", 403, None),
        ("allow", "unknown", 401, None),
        ("deny", "dev", 403, None),
        ("deny", "ops", 200, "ops"),
        ("deny", "none", 200, ""),
        ("deny", "odd", 200, "a%0D%0Ab"),
        ("hidden", "dev", 200, None),
    ],
)
def test_acl(gateway: Stored, route: str, key: str, status: int, groups: str | None) -> None:
    answer = gateway.get(f"/{route}", {"apikey": key, "X-Consumer-Groups": "forged"})
    assert answer.status == status
    if status == 403:
        assert answer.json()["message"] == "You cannot consume this service"
    if status == 200 and key != "both":
        assert gateway.upstream.last.headers["X-Consumer-Groups"] == groups
    if key == "both":
        assert set(gateway.upstream.last.headers["X-Consumer-Groups"].split(", ")) == {"ops", "dev"}


@pytest.mark.parametrize(
    ("route", "status", "message"),
    [
        ("ip-allow", 200, None),
        ("ip-allow-other", 403, "IP address not allowed: 127.0.0.1"),
        ("ip-deny", 418, "go away"),
        ("ip-both", 403, "IP address not allowed: 127.0.0.1"),
    ],
)
def test_ip_restriction(gateway: Stored, route: str, status: int, message: str | None) -> None:
    answer = gateway.get(f"/{route}")
    assert (answer.status, answer.json().get("message")) == (status, message)


@pytest.mark.parametrize(
    ("route", "agents", "status"),
    [
        ("bot", [], 200),
        ("bot", ["Mozilla/5.0 (X11; Linux)"], 200),
        ("bot", ["Googlebot/2.1"], 403),
        ("bot", ["facebookexternalhit/1.1"], 403),
        ("bot", ["a", "b"], 400),
        ("bot-listed", ["Googlebot/2.1"], 200),
        ("bot-listed", ["evil thing"], 403),
    ],
)
def test_bot_detection(gateway: Stored, route: str, agents: list[str], status: int) -> None:
    assert gateway.get(f"/{route}", {"User-Agent": agents}).status == status


@pytest.mark.parametrize(
    ("route", "headers", "body", "status"),
    [
        ("size", {}, b"x" * 10, 200),
        ("size", {}, b"x" * 11, 413),
        ("size", {"Expect": "100-continue"}, b"x" * 11, 417),
        (
            "size",
            {"Transfer-Encoding": "chunked"},
            b"a\r\n0123456789\r\n0\r\n\r\n",
            200,
        ),
        (
            "size",
            {"Transfer-Encoding": "chunked"},
            b"b\r\n01234567890\r\n0\r\n\r\n",
            413,
        ),
        ("empty", {}, None, 200),
        ("empty", {}, b"x", 413),
        ("length", {}, None, 411),
        ("length", {}, b"x", 200),
    ],
)
def test_request_size(
    gateway: Stored, route: str, headers: dict[str, Any], body: bytes | None, status: int
) -> None:
    assert gateway.request("POST", f"/{route}", headers, body=body).status == status
