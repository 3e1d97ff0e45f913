"""Paths of routes in documents of earlier formats."""

from typing import Any

import orjson
import pytest

from gopura import declarative

PATHS: list[tuple[str, str]] = [
    ("/prefix", "/prefix"),
    ("/a//b/../c", "/a/c"),
    ("/caf%C3%A9", "/caf\u00c3\u00a9"),
    ("/regex.+", "~/regex.+"),
    (r"/users/\d+", r"~/users/\d+"),
    ("/a%2eb(c)", r"~/a\.b(c)"),
    ("/a%2fb(c)", "~/a%2Fb(c)"),
]


@pytest.mark.parametrize("version", ["1.1", "2.1"])
@pytest.mark.parametrize(("before", "after"), PATHS)
def test_paths(version: str, before: str, after: str) -> None:
    route = {"paths": [before]}
    document = declarative.parse(
        _text({"_format_version": version, "routes": [route], "services": [{"routes": [route]}]})
    )
    expected = {"paths": [after]}
    assert document == {"_format_version": "3.0", "routes": [expected], "services": [{"routes": [expected]}]}


UNCHANGED: list[dict[str, Any]] = [
    {"_format_version": "3.0", "routes": [{"paths": ["/regex.+"]}]},
    {"_format_version": "9", "routes": [{"paths": ["/regex.+"]}]},
    {"_format_version": 1.1, "routes": [{"paths": ["/regex.+"]}]},
]


@pytest.mark.parametrize("document", UNCHANGED)
def test_other_formats_are_left_alone(document: dict[str, Any]) -> None:
    assert declarative.parse(_text(document)) == document


ODD: list[tuple[str, Any]] = [
    ("routes", 1),
    ("routes", [1, {"paths": 1}, {"paths": [1]}]),
    ("services", [{"routes": 1}]),
]


@pytest.mark.parametrize(("section", "value"), ODD)
def test_what_is_no_route_is_left_to_validation(section: str, value: Any) -> None:
    assert declarative.parse(_text({"_format_version": "1.1", section: value}))[section] == value


def _text(document: dict[str, Any]) -> bytes:
    return orjson.dumps(document)
