from typing import Any

import pytest

from gopura.schema import SchemaViolation
from gopura.schema.violation import listed

MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({"name": "bad"}, "schema violation (name: bad)"),
    ({"b": "two", "a": "one"}, "2 schema violations (a: one; b: two)"),
    ({"a": "one", "@entity": ["first", "second"]}, "3 schema violations (first; second; a: one)"),
    ({"service": {"id": "missing"}}, "schema violation (service.id: missing)"),
    ({"paths": [None, "bad"]}, "schema violation (paths.2: bad)"),
    ({"config": {"names": ["bad"]}}, 'schema violation (config.names: {\n  "bad"\n})'),
    ({"config": {"names": ["a", None, "c"]}}, 'schema violation (config.names: {\n  "a",\n  [3] = "c"\n})'),
    (
        {"config": {"limits": {"second": 'not "x"', "@entity": ["none"]}}},
        'schema violation (config.limits: {\n  ["@entity"] = {\n    "none"\n  },\n  second = "not \\"x\\""\n})',
    ),
]


@pytest.mark.parametrize(("fields", "message"), MESSAGES)
def test_message(fields: dict[str, Any], message: str) -> None:
    assert SchemaViolation(fields).message == message


def test_body() -> None:
    assert SchemaViolation({"name": "bad"}).body() == {
        "code": 2,
        "name": "schema violation",
        "message": "schema violation (name: bad)",
        "fields": {"name": "bad"},
    }


@pytest.mark.parametrize(
    ("tree", "json"),
    [
        ({0: "a"}, ["a"]),
        ({1: "b", 3: "d"}, [None, "b", None, "d"]),
        ({"config": {"list": {1: {"x": "y"}}}}, {"config": {"list": [None, {"x": "y"}]}}),
        ({}, {}),
    ],
)
def test_gaps(tree: dict[Any, Any], json: Any) -> None:
    assert listed(tree) == json
