"""key-auth: where keys are found, who they belong to, what is refused and hidden."""

from typing import Any

import pytest

from tests.plugins.stored import Stored

EVE = "eve\r\nX-Admin: true"
GIVEN: dict[str, list[dict[str, Any]]] = {
    "consumers": [{"username": "bob", "custom_id": "cb"}, {"username": "anon"}, {"username": EVE}],
    "keyauth_credentials": [
        {"key": "kb", "consumer": "bob"},
        {"key": "käse", "consumer": "bob"},
        {"key": "ke", "consumer": EVE},
    ],
    "routes": [
        {"name": name, "paths": [f"/{name}"], "service": "echo", "strip_path": False}
        for name in ("plain", "hide", "body", "only-header", "anonymous", "preflight", "underscores")
    ],
    "plugins": [
        {"name": "key-auth", "route": "plain"},
        {"name": "key-auth", "route": "hide", "config": {"hide_credentials": True}},
        {"name": "key-auth", "route": "body", "config": {"key_in_body": True, "hide_credentials": True}},
        {"name": "key-auth", "route": "only-header", "config": {"key_in_query": False}},
        {"name": "key-auth", "route": "anonymous", "config": {"anonymous": "anon"}},
        {"name": "key-auth", "route": "preflight", "config": {"run_on_preflight": False}},
        {
            "name": "key-auth",
            "route": "underscores",
            "config": {"key_names": ["x_key"], "hide_credentials": True},
        },
    ],
}


NO_KEY, DUPLICATE = "No API key found in request", "Duplicate API key found"
UNKNOWN = "Invalid authentication credentials"


@pytest.mark.parametrize(
    ("method", "target", "headers", "refusal"),
    [
        ("GET", "/plain", {}, NO_KEY),
        ("GET", "/plain", {"apikey": "kb"}, None),
        ("GET", "/plain", {"APIKEY": "kb"}, None),
        ("GET", "/plain", {"apikey": "KB"}, UNKNOWN),
        ("GET", "/plain", {"apikey": "\xff"}, UNKNOWN),
        ("GET", "/plain?apikey=%FF", {}, UNKNOWN),
        ("GET", "/plain", {"apikey": ""}, NO_KEY),
        ("GET", "/plain", {"apikey": ["kb", "kb"]}, DUPLICATE),
        ("GET", "/plain?apikey=kb", {}, None),
        ("GET", "/plain?apikey=k%62", {}, None),
        ("GET", "/plain?apikey=k%C3%A4se", {}, None),
        ("GET", "/plain?apikey=kb&apikey=kb", {}, DUPLICATE),
        ("GET", "/plain?apikey", {}, NO_KEY),
        ("GET", "/plain?APIKEY=kb", {}, NO_KEY),
        ("GET", "/plain?apikey=no", {"apikey": "kb"}, None),
        ("OPTIONS", "/plain", {}, NO_KEY),
        ("OPTIONS", "/preflight", {}, None),
        ("GET", "/only-header?apikey=kb", {}, NO_KEY),
        ("GET", "/anonymous", {}, None),
        ("GET", "/anonymous", {"apikey": "no"}, None),
    ],
)
def test_access(
    gateway: Stored, method: str, target: str, headers: dict[str, str], refusal: str | None
) -> None:
    answer = gateway.request(method, target, headers)
    assert answer.status == (401 if refusal else 200)
    if refusal:
        assert answer.json()["message"] == refusal
        assert answer.headers["WWW-Authenticate"] == ('Key realm="kong"' if refusal == NO_KEY else None)


@pytest.mark.parametrize(
    ("target", "headers", "expected"),
    [
        (
            "/plain",
            {"apikey": "kb"},
            {"x-consumer-username": "bob", "x-consumer-custom-id": "cb", "x-anonymous-consumer": None},
        ),
        (
            "/plain",
            {"apikey": "ke"},
            {"x-consumer-username": "eve%0D%0AX-Admin: true", "x-admin": None},
        ),
        (
            "/anonymous",
            {"X-Consumer-Custom-ID": "forged", "X-Credential-Identifier": "forged"},
            {
                "x-consumer-username": "anon",
                "x-anonymous-consumer": "true",
                "x-consumer-custom-id": None,
                "x-credential-identifier": None,
            },
        ),
    ],
)
def test_upstream_is_told(
    gateway: Stored, target: str, headers: dict[str, str], expected: dict[str, str | None]
) -> None:
    gateway.get(target, headers)
    seen = gateway.upstream.last.headers
    assert {name: seen[name] for name in expected} == expected


def test_names_with_underscores(gateway: Stored) -> None:
    for name in ("X_Key", "X-Key"):
        assert gateway.get("/underscores", {name: "kb"}).status == 200
        assert gateway.upstream.last.headers[name] is None


def test_hiding_in_header_and_query(gateway: Stored) -> None:
    gateway.get("/hide?b=2&apikey=kb&a=1")
    assert gateway.upstream.last.query == "a=1&b=2"
    gateway.get("/hide", {"apikey": "kb"})
    assert gateway.upstream.last.headers["apikey"] is None


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'


@pytest.mark.parametrize(
    ("kind", "body", "seen"),
    [
        ("application/x-www-form-urlencoded", b"b=2&apikey=kb", b"b=2"),
        ("application/json", b'{"apikey": "kb", "b": 2}', b'{"b":2}'),
        (
            "multipart/form-data; boundary=x",
            MULTIPART % (b"apikey", b"kb") + MULTIPART % (b"b", b"2") + b"--x--\r\n",
            MULTIPART % (b"b", b"2") + b"--x--\r\n",
        ),
        ("text/plain", b"apikey=kb", None),
        ("application/json", b"[1]", None),
        ("application/json", b'{"apikey": ["kb"]}', None),
        ("application/json", b'{"apikey": {"kb": "kb"}}', None),
        ("application/json", b"{", None),
    ],
)
def test_bodies(gateway: Stored, kind: str, body: bytes, seen: bytes | None) -> None:
    answer = gateway.post("/body", {"Content-Type": kind}, body=body)
    assert answer.status == (200 if seen else 401)
    if seen:
        assert gateway.upstream.last.body == seen
