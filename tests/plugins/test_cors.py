"""cors: preflights and what browsers are told of other answers."""

from typing import Any

import pytest

from gopura.plugins.cors import allowed_origin
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


FOO = "http://foo.test"
ASKED = (
    "http://evil.test",
    FOO,
    f"{FOO}.evil.test",
    "http://something.foo.test",
    "http://evilfoo.test",
    f"{FOO}:80",
    f"{FOO}:8000",
    "https://foo.test:8000",
    f"{FOO}:90",
    "http://foobtest",
    "https://bar.test:1234",
)
BY_HOST = {FOO: FOO, f"{FOO}:80": FOO} | {
    one: one for one in (f"{FOO}:8000", "https://foo.test:8000", f"{FOO}:90")
}
BY_PORT = {one: one for one in (f"{FOO}:8000", "https://foo.test:8000")}
ENTRIES: list[tuple[tuple[str, ...], dict[str, str]]] = [
    # one plain entry is told to everybody: it says which page may
    (("foo.test",), dict.fromkeys(ASKED, "foo.test")),
    (("https://bar.test:1234",), dict.fromkeys(ASKED, "https://bar.test:1234")),
    # several plain ones are whole origins
    (("foo.test", "bar.test"), {}),
    (
        (FOO, "https://bar.test:1234"),
        {FOO: FOO, f"{FOO}:80": FOO, "https://bar.test:1234": "https://bar.test:1234"},
    ),
    # an expression without a colon is of the host, another one of the whole origin
    ((r"foo\.test",), BY_HOST),
    (("bar.test", r"foo\.test"), BY_HOST),
    ((r"(.*[./])?foo\.test",), BY_HOST | {"http://something.foo.test": "http://something.foo.test"}),
    ((r"(.*[./])?foo\.test:8000",), BY_PORT),
    (("bar.test", r"(.*[./])?foo\.test:8000"), BY_PORT),
    ((r"https://(.*[.])?foo\.test:8000",), {"https://foo.test:8000": "https://foo.test:8000"}),
    (
        (r"^http://(.*[.])?foo\.test(:(80|90))?$",),
        {
            FOO: FOO,
            f"{FOO}:80": FOO,
            f"{FOO}:90": f"{FOO}:90",
            "http://something.foo.test": "http://something.foo.test",
        },
    ),
]


@pytest.mark.parametrize(("entries", "allowed"), ENTRIES)
def test_plain_entries_and_expressions(entries: tuple[str, ...], allowed: dict[str, str]) -> None:
    assert {one: found for one in ASKED if (found := allowed_origin(entries, one))} == allowed


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
