"""What clients get when plugins answer: without a body, in gRPC, in late phases, with statuses that are none."""

import http.client
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gopura.plugin import Exchange, Plugin, config
from gopura.testing import Gateway
from tests.engine.grpc import GrpcClient


class Answering(Plugin, name="answering"):
    """Answers in a phase."""

    class Config(config.Record):
        """What it answers."""

        phase: str = "access"
        method: str = "exit"
        status: int = 200
        body: dict[str, str] | None = None
        text: str | None = None
        headers: dict[str, str] | None = None

    def access(self, exchange: Exchange, config: Config) -> None:
        exchange.response.headers.set("X-Early", "1")
        self.answer_in("access", exchange, config)

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        self.answer_in("header_filter", exchange, config)

    def answer_in(self, phase: str, exchange: Exchange, config: Config) -> None:
        if phase != config.phase:
            return
        if config.method == "error":
            exchange.error(config.status, config.text or "no", dict(config.headers or {}))
        else:
            exchange.exit(config.status, config.body or config.text, dict(config.headers or {}))


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    with Gateway(Answering) as running:
        yield running


def configure(gateway: Gateway, **config: Any) -> None:
    gateway.configure({"plugins": [{"name": "answering", "config": config}]})


PAGES = [
    (200, "", ""),
    (404, "text/plain; charset=utf-8", "Not found\nrequest_id: "),
    (503, "text/plain; charset=utf-8", "The upstream server is currently unavailable\nrequest_id: "),
    (401, "text/html; charset=UTF-8", "<html>\r\n<head><title>401 Authorization Required</title>"),
    (422, "", ""),
]


@pytest.mark.parametrize(("status", "media", "body"), PAGES)
def test_without_a_body(gateway: Gateway, status: int, media: str, body: str) -> None:
    configure(gateway, status=status, headers={"X-Own": "1", "Content-Length": "7"})
    answer = gateway.get("/")
    assert (answer.status, answer.headers["X-Own"], answer.headers["X-Early"]) == (status, "1", "1")
    assert answer.headers.get("Content-Type", "") == media
    assert answer.body.decode().startswith(body)
    assert bool(answer.body) == bool(body)


CALLS: list[tuple[dict[str, Any], str, str]] = [
    ({"status": 403, "method": "error", "text": "go away"}, "7", "PermissionDenied"),
    ({"status": 404}, "5", "NotFound"),
    ({"status": 503, "body": {"message": "closed"}}, "14", "closed"),
    ({"status": 429, "text": "50% is\nused"}, "8", "50%25 is%0Aused"),
    ({"status": 200, "text": "so", "headers": {"grpc-message": "not so"}}, "0", "so"),
    ({"status": 200, "headers": {"grpc-status": "9", "grpc-message": "so"}}, "9", "so"),
    ({"status": 200, "headers": {"Content-Type": "application/grpc"}}, "0", "OK"),
]


@pytest.mark.parametrize(("config", "code", "message"), CALLS)
def test_grpc(gateway: Gateway, config: dict[str, Any], code: str, message: str) -> None:
    configure(gateway, **config)
    client = GrpcClient(gateway.port)
    number = client.start("/a.B/C")
    client.send(number, b"", last=True)
    answer = client.read(number)
    client.close()
    told = (answer.headers["grpc-status"], answer.headers["grpc-message"], answer.headers["content-type"])
    assert told == (code, message, "application/grpc")
    assert (answer.headers[":status"], answer.body) == (str(config["status"]), b"")


FORMS: list[tuple[dict[str, str | list[str]], dict[str, str], str]] = [
    ({}, {}, "application/json; charset=utf-8"),
    ({"Accept": ["text/plain;q=0.2", "text/css;q=0.7, text/html;q=0.9"]}, {}, "text/html; charset=utf-8"),
    ({"Accept": "application/json"}, {"Content-Type": "application/xml"}, "application/xml"),
    ({"Accept": "text/html"}, {"Content-Type": "x/y"}, "x/y"),
]


@pytest.mark.parametrize(("sent", "headers", "media"), FORMS)
def test_forms_of_errors(
    gateway: Gateway, sent: dict[str, str | list[str]], headers: dict[str, str], media: str
) -> None:
    configure(gateway, method="error", status=419, text="I am one", headers=headers)
    answer = gateway.get("/", sent)
    assert (answer.status, answer.headers.get_all("Content-Type")) == (419, [media])
    starts = {
        "application/json": "{",
        "application/xml": "<?xml",
        "text/html": "<!doctype",
        "x/y": "<!doctype",
    }
    assert answer.body.decode().startswith(starts[media.partition(";")[0]])
    assert b"I am one" in answer.body


@pytest.mark.parametrize(
    ("method", "message", "media"),
    [("exit", b"", "application/json"), ("error", b"late", "application/json; charset=utf-8")],
)
def test_in_header_filter(gateway: Gateway, method: str, message: bytes, media: str) -> None:
    configure(gateway, phase="header_filter", method=method, status=429, text="late" if message else None)
    answer = gateway.get("/")
    assert (answer.status, answer.headers.get_all("Content-Type")) == (429, [media])
    assert (message in answer.body) if message else not answer.body


@pytest.mark.parametrize(("method", "status"), [("exit", 99), ("exit", 600), ("error", 399), ("error", 600)])
def test_statuses_that_are_none(gateway: Gateway, method: str, status: int) -> None:
    configure(gateway, method=method, status=status)
    assert (gateway.get("/").status, gateway.get("/").json()) == (
        500,
        {"message": "An unexpected error occurred"},
    )


class Restating(Plugin, name="restating"):
    """Gives the upstream's response another status."""

    class Config(config.Record):
        """Which."""

        status: int = 204

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        exchange.response.status = config.status


@pytest.mark.parametrize(("status", "has_body"), [(204, False), (304, False), (201, True)])
def test_statuses_without_a_body(status: int, has_body: bool) -> None:
    with Gateway(Restating, config={"status": status}) as gateway:
        wire = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=5)
        for _ in range(2):  # a body that was sent all the same would be the start of the second answer
            wire.request("GET", "/")
            answer = wire.getresponse()
            assert (answer.status, bool(answer.read())) == (status, has_body)
        wire.close()


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body_over_http2(status: int) -> None:
    with (
        Gateway(Restating, config={"status": status}) as gateway,
        httpx.Client(http1=False, http2=True, trust_env=False) as client,
    ):
        answer = client.get(f"http://127.0.0.1:{gateway.port}/")  # refuses a length without a body
        assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize("status", [99, 600])
def test_a_status_that_is_none(status: int) -> None:
    with Gateway(Restating, config={"status": status}) as gateway:
        assert gateway.get("/").status == 500
