"""`plugin_ordering = on`: the Admin API takes the order, requests have it, and the error log tells what cannot be."""

from collections.abc import Callable

import pytest

from tests.e2e.conftest import Node
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def node(nodes: Callable[..., Node]) -> Node:
    node = nodes(plugin_ordering="on")
    node.add_route("r")
    return node


def create(node: Node, name: str, ordering: object, **config: object) -> str:
    body = {"name": name, "config": config, "ordering": ordering}
    answer = node.admin.post("/routes/r/plugins", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["ordering"] == ordering
    return f"/plugins/{answer.json()['id']}"


def statuses(node: Node, count: int) -> list[int]:
    return [node.get("/r") for _ in range(count)]


def test_limits_before_keys(node: Node) -> None:
    create(node, "key-auth", None)
    limits = create(node, "rate-limiting", None, year=2, limit_by="service", policy="local")
    assert statuses(node, 3) == [401, 401, 401]
    first = {"before": {"access": ["key-auth"]}, "after": None}
    assert node.admin.patch(limits, json={"ordering": first}).json()["ordering"] == first
    assert statuses(node, 3) == [401, 401, 429]


def test_a_cycle_is_told(node: Node) -> None:
    one = create(node, "correlation-id", {"before": {"access": ["acl"]}, "after": {"access": ["acl"]}})
    two = create(node, "acl", None, allow=["friends"])
    wait_for(lambda: "acl before correlation-id before acl" in node.errors())
    for plugin in (one, two):
        assert node.admin.delete(plugin).status_code == 204


def test_unknown_names_are_refused(node: Node) -> None:
    answer = node.admin.post("/plugins", json={"name": "cors", "ordering": {"after": {"access": ["nope"]}}})
    assert answer.status_code == 400
    assert answer.json()["fields"]["ordering"]["after"]["access"] == [
        "plugin 'nope' not enabled; add it to the 'plugins' configuration property"
    ]
