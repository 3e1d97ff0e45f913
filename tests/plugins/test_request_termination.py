"""request-termination and correlation-id: answers without an upstream, identities of requests."""

import re
from typing import Any

import pytest

from gopura.testing import Gateway
from tests.plugins.stored import Stored


def nginx_page(title: str) -> bytes:
    page = f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
    return f"{page}</body>\r\n</html>\r\n".encode()


JSON_PAGE = '{\n  "message":"Bad request",\n  "request_id":"{}"\n}'
FORBIDDEN, FOUND = nginx_page("403 Forbidden"), nginx_page("302 Found")


def with_plugin(name: str, config: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {"plugins": [{"name": name, "config": config}]}


@pytest.mark.parametrize(
    ("config", "status", "media", "body"),
    [
        ({}, 503, "application/json; charset=utf-8", b'{"message":"Service unavailable"}'),
        ({"status_code": 404}, 404, "application/json; charset=utf-8", b'{"message":"Not found"}'),
        ({"message": "hm"}, 503, "application/json; charset=utf-8", b'{"message":"hm"}'),
        ({"status_code": 204}, 204, None, b""),
        ({"status_code": 418}, 418, None, b""),
        ({"status_code": 403}, 403, "text/html; charset=UTF-8", FORBIDDEN),
        ({"status_code": 302}, 302, "text/html", FOUND),
        ({"body": "<x/>", "content_type": "text/xml"}, 503, "text/xml", b"<x/>"),
    ],
)
def test_answers(
    gateway: Stored, config: dict[str, Any], status: int, media: str | None, body: bytes
) -> None:
    gateway.configure(with_plugin("request-termination", config))
    answer = gateway.get("/")
    assert (answer.status, answer.body) == (status, body)
    assert media is None or answer.headers["Content-Type"].startswith(media)


@pytest.mark.parametrize(
    ("accept", "media", "body"),
    [
        (None, "text/plain; charset=utf-8", "Bad request\nrequest_id: {}\n"),
        ("application/json", "application/json; charset=utf-8", JSON_PAGE),
    ],
)
def test_statuses_with_an_error_page(gateway: Stored, accept: str | None, media: str, body: str) -> None:
    gateway.configure(with_plugin("request-termination", {"status_code": 400}))
    answer = gateway.get("/", {"Accept": accept} if accept else {})
    assert (answer.status, answer.headers.get_all("Content-Type")) == (400, [media])
    assert answer.body.decode() == body.replace("{}", answer.headers["X-Kong-Request-Id"])


@pytest.mark.parametrize(
    ("target", "headers", "status"),
    [("/", {}, 200), ("/?x-stop", {}, 503), ("/?x-stop=1", {}, 503), ("/", {"X-Stop": "1"}, 503)],
)
def test_trigger(gateway: Stored, target: str, headers: dict[str, str], status: int) -> None:
    gateway.configure(with_plugin("request-termination", {"trigger": "x-stop"}))
    assert gateway.get(target, headers).status == status


@pytest.mark.parametrize(
    ("media", "body", "expected"),
    [
        ("application/json", '{"a":[1]}', {"a": [1]}),
        ("application/json; charset=utf-8", "[1]", [1]),
        ("application/json", "1", None),
        ("application/x-www-form-urlencoded", "a=1&a=2&b", {"a": ["1", "2"], "b": True}),
        ("text/plain", "x", None),
    ],
)
def test_echo_of_bodies(gateway: Stored, media: str, body: str, expected: Any) -> None:
    gateway.configure(with_plugin("request-termination", {"echo": True}))
    request = gateway.post("/", {"Content-Type": media}, body=body).json()["request"]
    assert (request.get("body"), request["raw_body"]) == (expected, body)


def test_echo_of_bytes_that_are_not_utf8(gateway: Stored) -> None:
    gateway.configure(with_plugin("request-termination", {"echo": True}))
    request = gateway.get("/", {"X-In": "a\xfc"}).json()["request"]
    assert request["headers"]["x-in"] == "a\ufffd"


def test_echo_of_captures(gateway: Stored) -> None:
    routes = [{"paths": [r"~/(?<user>\w+)/(\d+)"], "service": "echo"}]
    gateway.configure({"routes": routes} | with_plugin("request-termination", {"echo": True}))
    request = gateway.get("/bob/42").json()["request"]
    assert request["uri_captures"] == {"named": {"user": "bob"}, "unnamed": ["bob", "42"]}


def test_echo(gateway: Stored) -> None:
    gateway.configure(with_plugin("request-termination", {"echo": True, "status_code": 200}))
    seen = gateway.post("/a/b?c=d", {"X-In": "1"}, body="text").json()
    request = seen["request"]
    assert (request["method"], request["path"], request["query"]) == ("POST", "/a/b", {"c": "d"})
    assert (request["headers"]["x-in"], request["raw_body"]) == ("1", "text")
    assert request["uri_captures"] == {"named": {}, "unnamed": []}
    assert (seen["matched_route"]["name"], seen["matched_service"]["name"]) == ("all", "echo")


UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize(
    ("generator", "pattern"),
    [
        ("uuid", UUID),
        ("uuid#counter", UUID + "#1"),
        ("tracker", r"127\.0\.0\.1-\d+-\d+-\d+-\d+-\d+\.\d{3}"),
    ],
)
def test_correlation_ids(generator: str, pattern: str) -> None:
    config = {"generator": generator, "header_name": "X-Cor", "echo_downstream": True}
    with Gateway(given=with_plugin("correlation-id", config)) as gateway:
        identity = gateway.get("/").headers["X-Cor"]
        assert re.fullmatch(pattern, identity)
        assert gateway.upstream.last.headers["X-Cor"] == identity


def test_a_correlation_id_that_is_there_stays() -> None:
    with Gateway(given=with_plugin("correlation-id", {})) as gateway:
        answer = gateway.get("/", {"Kong-Request-ID": "mine"})
        assert answer.headers["Kong-Request-ID"] is None
        assert gateway.upstream.last.headers["Kong-Request-ID"] == "mine"
