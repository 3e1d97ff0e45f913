"""What this Admin API adds: conditional requests, problem details, transactions."""

from typing import Any

import httpx
import pytest

PROBLEM = {"accept": "application/problem+json"}


async def test_conditional_requests(api: httpx.AsyncClient) -> None:
    made = await api.put("/services/a", json={"host": "a.test"}, headers={"if-none-match": "*"})
    assert made.status_code == 200
    tag = made.headers["etag"]
    assert (
        await api.put("/services/a", json={"host": "b.test"}, headers={"if-none-match": "*"})
    ).status_code == 412
    read = await api.get("/services/a")
    assert read.headers["etag"] == tag
    assert (await api.get("/services/a", headers={"if-none-match": tag})).status_code == 304
    assert (
        await api.patch("/services/a", json={"retries": 1}, headers={"if-match": '"x"'})
    ).status_code == 412
    changed = await api.patch("/services/a", json={"retries": 1}, headers={"if-match": f'"x", {tag}'})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert (await api.delete("/services/a", headers={"if-match": tag})).status_code == 412
    assert (await api.delete("/services/a", headers={"if-match": changed.headers["etag"]})).status_code == 204
    assert (await api.delete("/services/a", headers={"if-match": "*"})).status_code == 412


PROBLEMS: list[tuple[str, str, Any, int, dict[str, Any]]] = [
    (
        "POST",
        "/services",
        {"host": "a.test", "retrys": 1},
        400,
        {"errors": [{"path": "/retrys", "message": "unknown field", "suggestion": "retries"}], "code": 2},
    ),
    (
        "POST",
        "/services",
        {"host": "a.test", "port": 70000},
        400,
        {
            "errors": [
                {
                    "path": "/port",
                    "message": "value should be between 0 and 65535",
                    "allowed": {"type": "integer", "between": [0, 65535]},
                }
            ]
        },
    ),
    (
        "POST",
        "/plugins",
        {"name": "key-auht"},
        400,
        {
            "errors": [
                {
                    "path": "/name",
                    "message": "plugin 'key-auht' not enabled; add it to the 'plugins' configuration property",
                    "allowed": {"type": "string"},
                    "suggestion": "key-auth",
                }
            ]
        },
    ),
    (
        "POST",
        "/plugins",
        {"name": "key-auth", "config": {"key_name": ["a"]}},
        400,
        {"errors": [{"path": "/config/key_name", "message": "unknown field", "suggestion": "key_names"}]},
    ),
    ("GET", "/nope", None, 404, {"title": "Not Found", "detail": "Not found", "instance": "/nope"}),
    ("PUT", "/services", {}, 405, {"title": "Method Not Allowed"}),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "wanted"), PROBLEMS)
async def test_problem_details(
    api: httpx.AsyncClient, method: str, path: str, body: Any, status: int, wanted: dict[str, Any]
) -> None:
    answer = await api.request(method, path, json=body, headers=PROBLEM)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == answer.json()["status"] == status
    assert wanted.items() <= answer.json().items()


async def test_a_transaction(api: httpx.AsyncClient) -> None:
    operations = [
        {"method": "PUT", "path": "/services/a", "body": {"host": "a.test"}},
        {"method": "POST", "path": "/services/a/routes", "body": {"name": "r", "paths": ["/"]}},
        {"method": "PATCH", "path": "/routes/r", "body": {"paths": ["/x"]}},
        {"method": "POST", "path": "/routes/r/plugins", "body": {"name": "key-auth"}},
    ]
    answer = await api.post("/transaction", json={"operations": operations})
    assert [one["status"] for one in answer.json()["results"]] == [200, 201, 200, 201]
    assert answer.headers["x-gopura-version"] == str(answer.json()["version"]) == "3"
    assert (await api.get("/routes/r")).json()["paths"] == ["/x"]


FAILURES: list[tuple[Any, int, Any]] = [
    ([{"method": "PUT", "path": "/services/b", "body": {"host": "b.test", "x": 1}}], 400, {"operation": 1}),
    ([{"method": "POST", "path": "/services", "body": {"name": "a", "host": "b"}}], 409, {"operation": 1}),
    ([{"method": "PATCH", "path": "/services/nope", "body": {}}], 404, {"operation": 1}),
    ([{"method": "PUT", "path": "/nope"}], 404, {"operation": 1}),
    ([{"method": "PUT", "path": "/services"}], 405, {"operation": 1}),
    ([{"method": "GET", "path": "/services"}], 400, {"operation": 1}),
    (["x"], 400, {"operation": 1}),
]


@pytest.mark.parametrize(("second", "status", "wanted"), FAILURES)
async def test_all_or_nothing(api: httpx.AsyncClient, second: Any, status: int, wanted: Any) -> None:
    first = {"method": "PUT", "path": "/services/a", "body": {"host": "a.test"}}
    answer = await api.post("/transaction", json={"operations": [first, *second]})
    assert answer.status_code == status
    assert wanted.items() <= answer.json().items()
    assert (await api.get("/services")).json()["data"] == []


@pytest.mark.parametrize("operations", [None, [], "x", {}])
async def test_no_operations(api: httpx.AsyncClient, operations: Any) -> None:
    assert (await api.post("/transaction", json={"operations": operations})).status_code == 400


@pytest.mark.parametrize(
    ("deny", "told"),
    [(r"^(\w+\s?)+bot$", False), (r"^(?!Mozilla)", True), (r"(a)\1", True), ("a++b", True)],
)
async def test_advice_about_patterns(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, deny: str, told: bool
) -> None:
    """What is valid but should be known is told in the answer and in the log."""
    answer = await api.post("/plugins", json={"name": "bot-detection", "config": {"deny": [deny]}})
    assert answer.status_code == 201
    assert (f"'{deny}' cannot run in linear time" in answer.headers.get("X-Gopura-Warning", "")) == told
    assert ("cannot run in linear time" in caplog.text) == told


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("local http = require 'resty.http'", "require 'resty.http': not allowed within the sandbox"),
        ('local utils = require("kong.tools.utils")', "require 'kong.tools.utils': there is no such module"),
        ("-- require 'kong.tools.utils'", ""),
        ("return kong.request.get_path()", ""),
    ],
)
async def test_advice_about_modules(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, code: str, told: str
) -> None:
    """That a module is not there is told when the code is configured."""
    answer = await api.post("/plugins", json={"name": "pre-function", "config": {"access": [code]}})
    assert answer.status_code == 201
    assert told in answer.headers.get("X-Gopura-Warning", "")
    assert ("X-Gopura-Warning" in answer.headers) == bool(told)
    assert told in caplog.text
