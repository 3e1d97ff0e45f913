from typing import Annotated, Any

import pytest

from gopura.schema import (
    Between,
    Check,
    Conditional,
    ConditionalAtLeastOneOf,
    Contains,
    Custom,
    Elements,
    Eq,
    Gt,
    LenEq,
    NotOneOf,
    OneOf,
    Record,
    Referenceable,
    Required,
)


class Inner(Record):
    """Fields of a configuration."""

    policy: Annotated[str | None, OneOf("local", "redis")] = "local"
    """How."""
    host: str | None = None
    """Where."""
    key: Annotated[str | None, Referenceable()] = None
    """A secret."""


class Outer(Record):
    """An entity with a configuration."""

    protocols: list[str] = ["http"]
    """Protocols."""
    snis: list[str] | None = None
    """Names."""
    limit: Annotated[int | None, Between(0, 10)] = None
    """A limit."""
    config: Inner
    """The configuration."""


def messages(check: Check, row: dict[str, Any], updating: bool = False) -> dict[Any, Any]:
    tree: dict[Any, Any] = {}
    check.run(Outer.described(), row, tree, updating=updating)
    return tree


REASON = "failed conditional validation given value of field '%s'"
NO_TLS = Elements(Annotated[str, NotOneOf("https", "tls")])

CASES: list[tuple[Check, dict[str, Any], dict[Any, Any]]] = [
    (
        Conditional("config.policy", Eq("redis"), "config.host", Required()),
        {"config": {"policy": "redis", "host": None}},
        {"config": {"host": "required field missing"}, "@entity": [REASON % "config.policy"]},
    ),
    (
        Conditional("config.policy", Eq("redis"), "config.host", Required()),
        {"config": {"policy": "redis"}},
        {"config": {"host": "required field missing"}, "@entity": [REASON % "config.policy"]},
    ),
    (
        Conditional("config.policy", Eq("redis"), "config.host", Required()),
        {"config": {"policy": "local", "host": None}},
        {},
    ),
    (
        Conditional("config.policy", Eq("redis"), "config.host", (Required(), Custom(lambda _host: "bad"))),
        {"config": {"policy": "redis", "host": "x"}},
        {"config": {"host": "bad"}, "@entity": [REASON % "config.policy"]},
    ),
    (
        Conditional("limit", Gt(0), "snis", Contains("exp")),
        {"limit": 1, "snis": ["nbf"]},
        {"snis": "expected to contain: exp", "@entity": [REASON % "limit"]},
    ),
    (Conditional("limit", Gt(0), "snis", Contains("exp")), {"limit": 0, "snis": ["nbf"]}, {}),
    (Conditional("limit", Gt(0), "snis", Contains("exp")), {"limit": 11, "snis": ["nbf"]}, {}),
    (
        Conditional("protocols", NO_TLS, "snis", LenEq(0), "no names without TLS"),
        {"protocols": ["http"], "snis": ["a.test"]},
        {"snis": "length must be 0", "@entity": ["no names without TLS"]},
    ),
    (
        Conditional("protocols", NO_TLS, "snis", LenEq(0), "no names without TLS"),
        {"protocols": ["http", "https"], "snis": ["a.test"]},
        {},
    ),
    (
        Conditional("config.key", Eq("x"), "config.host", Required()),
        {"config": {"key": "{vault://env/x}", "host": None}},
        {},
    ),
]


@pytest.mark.parametrize(("check", "row", "expected"), CASES)
def test_conditional(check: Check, row: dict[str, Any], expected: dict[Any, Any]) -> None:
    assert messages(check, row) == expected


SOME = ConditionalAtLeastOneOf(
    "protocols",
    Contains("https"),
    ("snis", "limit"),
    None,
    Contains("http"),
    ("limit",),
    "must set %s for http",
)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"protocols": ["https"], "snis": ["a"]}, None),
        ({"protocols": ["https"]}, "at least one of these fields must be non-empty: 'snis', 'limit'"),
        ({"protocols": ["http"], "snis": ["a"]}, "must set 'limit' for http"),
        ({"protocols": ["http"], "limit": 1}, None),
        ({"protocols": ["tcp"]}, None),
    ],
)
def test_conditional_at_least_one_of(row: dict[str, Any], message: str | None) -> None:
    assert messages(SOME, row) == ({"@entity": [message]} if message else {})


def test_conditional_at_least_one_of_says_when_it_is_about_a_change() -> None:
    message = "when updating, at least one of these fields must be non-empty: 'snis', 'limit'"
    assert messages(SOME, {"protocols": ["https"]}, updating=True) == {"@entity": [message]}


def test_shown() -> None:
    check = Conditional("protocols", NO_TLS, "snis", LenEq(0), "no names without TLS")
    assert check.shown() == {
        "if_field": "protocols",
        "if_match": {"elements": {"type": "string", "not_one_of": ["https", "tls"]}},
        "then_field": "snis",
        "then_match": {"len_eq": 0},
        "then_err": "no names without TLS",
    }
    assert SOME.shown()["else_then_at_least_one_of"] == ["limit"]
