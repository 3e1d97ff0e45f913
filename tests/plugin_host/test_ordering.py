"""Plugins run in `access` where their `ordering` puts them; in other phases by priority."""

import queue
from typing import Any, ClassVar

import pytest

from gopura.plugin import Exchange, Plugin
from gopura.testing import Gateway


class Noting(Plugin):
    """Notes its name in each phase."""

    seen: "ClassVar[queue.Queue[list[str]]]" = queue.Queue()

    def access(self, exchange: Exchange, config: Any) -> None:
        exchange.ctx.setdefault("access", []).append(self.name)

    def header_filter(self, exchange: Exchange, config: Any) -> None:
        for phase, names in (("Access", exchange.ctx["access"]), ("Filter", [self.name])):
            exchange.response.headers.add(f"X-{phase}", ",".join(names))


class First(Noting, name="first", priority=30):
    """Runs first by priority."""


class Second(Noting, name="second", priority=20):
    """Runs second by priority."""


class Third(Noting, name="third", priority=10):
    """Runs third by priority."""


def before(*names: str) -> dict[str, Any]:
    return {"before": {"access": list(names)}}


def after(*names: str) -> dict[str, Any]:
    return {"after": {"access": list(names)}}


def rows(orderings: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "ordering": orderings.get(name)} for name in ("first", "second", "third")]


def order(gateway: Gateway, phase: str, headers: dict[str, str] | None = None) -> list[str]:
    answer = gateway.get("/", headers)
    assert answer.status == 200
    lines = answer.headers.get_all(f"X-{phase}") or []
    return lines[0].split(",") if phase == "Access" else lines


@pytest.mark.parametrize(
    ("orderings", "expected"),
    [
        ({}, "first second third"),
        ({"third": before("first")}, "third first second"),
        ({"first": after("third")}, "third first second"),
        ({"first": after("second")}, "second first third"),
        ({"first": after("second"), "second": after("third")}, "third second first"),
        ({"first": after("not-here")}, "first second third"),
        ({"second": before("first", "third")}, "second first third"),
    ],
)
def test_order(orderings: dict[str, Any], expected: str) -> None:
    with Gateway(First, Second, Third, given={"plugins": rows(orderings)}) as gateway:
        assert order(gateway, "Access") == expected.split()
        assert order(gateway, "Filter") == ["first", "second", "third"]


def test_a_cycle_leaves_the_static_order() -> None:
    cycle = {"first": after("third"), "third": after("first")}
    with Gateway(First, Second, Third, given={"plugins": rows(cycle)}) as gateway:
        assert order(gateway, "Access") == ["first", "second", "third"]


def test_the_best_scope_decides() -> None:
    route = {"name": "third", "route": "own", "ordering": before("second")}
    given = {
        "routes": [
            {"name": "own", "paths": ["/own"], "service": "echo"},
            {"name": "all", "paths": ["/"], "service": "echo"},
        ],
        "plugins": [*rows({"third": before("first")}), route],
    }
    with Gateway(First, Second, Third, given=given) as gateway:
        assert order(gateway, "Access") == ["third", "first", "second"]
        own = gateway.get("/own").headers.get_all("X-Access")
        assert own and own[0] == "first,third,second"


def test_limits_may_come_before_authentication() -> None:
    limits = {"name": "rate-limiting", "config": {"minute": 1, "limit_by": "ip", "policy": "local"}}
    for ordering, statuses in ((None, [401, 401]), (before("key-auth"), [401, 429])):
        plugins = [{"name": "key-auth"}, limits | {"ordering": ordering}]
        with Gateway(given={"plugins": plugins}) as gateway:
            assert [gateway.get("/").status for _ in statuses] == statuses
