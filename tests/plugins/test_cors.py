"""cors: preflights and what browsers are told of other answers."""

from typing import Any

import pytest

from gopura.testing import Gateway

ASKING = {"Origin": "http://a.test", "Access-Control-Request-Method": "PUT"}
EVERY = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT"


@pytest.mark.parametrize(
    ("config", "origin", "allowed", "vary"),
    [
        ({}, "http://a.test", "*", None),
        ({"origins": ["*"]}, None, "*", None),
        ({"origins": ["http://b.test"]}, "http://a.test", "http://b.test", "Origin"),
        ({"origins": ["http://a.test", "http://b.test"]}, "http://a.test:80", "http://a.test", "Origin"),
        ({"origins": ["http://a.test", "http://b.test"]}, "http://c.test", None, "Origin"),
        ({"origins": ["http://a.test", "http://b.test"]}, None, None, "Origin"),
        ({"origins": [r".*\.test", "x"]}, "http://a.test", "http://a.test", "Origin"),
        ({"origins": [r"a\.test", "x"]}, "http://a.test.evil", None, "Origin"),
        ({"origins": [r"http://.*\.test", "x"]}, "https://a.test", None, "Origin"),
        ({"credentials": True}, "http://a.test", "http://a.test", "Origin"),
        ({"credentials": True}, None, "*", None),
    ],
)
def test_origins(config: dict[str, Any], origin: str | None, allowed: str | None, vary: str | None) -> None:
    with Gateway(given={"plugins": [{"name": "cors", "config": config}]}) as gateway:
        answer = gateway.get("/", {"Origin": origin} if origin else {})
        assert answer.headers["Access-Control-Allow-Origin"] == allowed
        assert answer.headers["Vary"] == vary
        with_credentials = "true" if config.get("credentials") and origin else None
        assert answer.headers["Access-Control-Allow-Credentials"] == with_credentials


@pytest.mark.parametrize(
    ("config", "asked", "expected"),
    [
        ({}, {}, {"Methods": EVERY, "Headers": None, "Max-Age": None}),
        ({}, {"Access-Control-Request-Headers": "x-a, x-b"}, {"Headers": "x-a, x-b"}),
        ({"headers": ["x-c", "x-d"]}, {"Access-Control-Request-Headers": "x-a"}, {"Headers": "x-c,x-d"}),
        ({"methods": ["GET", "PUT"], "max_age": 31536000}, {}, {"Methods": "GET,PUT"}),
        (
            {"private_network": True},
            {"Access-Control-Request-Private-Network": "true"},
            {"Private-Network": "true"},
        ),
    ],
)
def test_preflight(config: dict[str, Any], asked: dict[str, str], expected: dict[str, str | None]) -> None:
    with Gateway(given={"plugins": [{"name": "cors", "config": config}]}) as gateway:
        answer = gateway.request("OPTIONS", "/", ASKING | asked)
        assert (answer.status, answer.body, gateway.upstream.requests) == (200, b"", [])
        assert answer.headers["Access-Control-Max-Age"] == ("31536000" if "max_age" in config else None)
        for name, value in expected.items():
            assert answer.headers[f"Access-Control-Allow-{name}"] == value or name == "Max-Age"


def test_preflight_of_the_upstream() -> None:
    with Gateway(given={"plugins": [{"name": "cors", "config": {"preflight_continue": True}}]}) as gateway:
        answer = gateway.request("OPTIONS", "/", ASKING)
        assert answer.json()["method"] == "OPTIONS"
        assert answer.headers["Access-Control-Allow-Origin"] is None


def test_options_that_are_no_preflight() -> None:
    with Gateway(given={"plugins": [{"name": "cors"}]}) as gateway:
        assert gateway.request("OPTIONS", "/").json()["method"] == "OPTIONS"
