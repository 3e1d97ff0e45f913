"""azure-functions: where functions are called, with what, and what comes back."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gopura.plugin.http import StepTimeouts
from gopura.testing import Gateway

Call = dict[str, Any]


class Functions:
    """Stands in for the cloud."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: httpx.Response | Exception = httpx.Response(200)

    def prepare(self, **_client: Any) -> None:
        """It is ready."""

    async def request(self, method: str, url: str, **further: Any) -> httpx.Response:
        self.calls.append({"method": method, "url": url, **further})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        pass


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def gateway(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    with Gateway() as running:
        monkeypatch.setattr(running.node, "http", functions)
        yield running


def configure(gateway: Gateway, path: str = "/", **config: Any) -> None:
    settings = {"appname": "app", "functionname": "fn"} | config
    route = {"name": "r", "paths": [path], "service": "echo"}
    gateway.configure({"routes": [route], "plugins": [{"name": "azure-functions", "config": settings}]})


URLS: list[tuple[dict[str, Any], str, str, str]] = [
    ({}, "/", "/", "https://app.azurewebsites.net/api/fn/"),
    ({}, "/", "/a/b?c=d", "https://app.azurewebsites.net/api/fn/a/b?c=d"),
    ({}, "/pre", "/pre/a", "https://app.azurewebsites.net/api/fn/a"),
    ({"https": False, "hostdomain": "a.test"}, "/", "/x", "http://app.a.test/api/fn/x"),
    ({"routeprefix": "/v1/"}, "/", "/x", "https://app.azurewebsites.net/v1/fn/x"),
    ({"routeprefix": None}, "/", "/x", "https://app.azurewebsites.net/fn/x"),
]


@pytest.mark.parametrize(("config", "path", "target", "url"), URLS)
def test_urls(
    gateway: Gateway, functions: Functions, config: dict[str, Any], path: str, target: str, url: str
) -> None:
    configure(gateway, path, **config)
    assert gateway.get(target).status == 200
    assert functions.calls[-1]["url"] == url


def test_calls(gateway: Gateway, functions: Functions) -> None:
    configure(gateway, apikey="key", clientid="id", https_verify=True, timeout=5000)
    functions.answer = httpx.Response(
        201,
        headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Transfer-Encoding", "x")],
        content=b"done",
    )
    answer = gateway.post("/", {"X-A": "1", "X-Functions-Key": "forged"}, body=b"text")
    assert (answer.status, answer.body) == (201, b"done")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers["Via"].startswith("gopura/")
    (call,) = functions.calls
    sent = dict(call["headers"])
    assert (sent["X-A"], sent["x-functions-key"], sent["x-functions-clientid"]) == ("1", "key", "id")
    assert "forged" not in sent.values()
    assert (call["method"], call["content"], call["verify"], call["timeout"]) == (
        "POST",
        b"text",
        True,
        StepTimeouts.alike(5),
    )


def test_a_function_that_cannot_be_called(gateway: Gateway, functions: Functions) -> None:
    configure(gateway)
    functions.answer = httpx.ConnectError("refused")
    answer = gateway.get("/")
    assert (answer.status, answer.json()) == (500, {"message": "An unexpected error occurred"})
