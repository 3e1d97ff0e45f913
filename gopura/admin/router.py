"""Finds the endpoint of a path, segment by segment, on the path's bytes as they came.

An encoded slash stays inside its segment; a fixed segment wins over a parameter.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.responses import Response

from gopura.schema.entity import EntityType

if TYPE_CHECKING:
    from gopura.admin.call import Call
    from gopura.admin.gateway import Gateway

Handler = Callable[["Call"], Awaitable[Response]]
Guard = Callable[["Gateway"], Response | None]


@dataclass
class Endpoint:
    """A path like `/services/{services}/routes` and what answers there, by method.

    `entity` is what a body describes (its fields say how to read a form). `yaml` admits `text/yaml` bodies.
    A body of `many` entities is bounded by what reads it, all others are where they arrive.
    `guard` may answer instead of the endpoint, whatever the method.
    """

    path: str
    methods: dict[str, Handler]
    entity: EntityType | None = None
    yaml: bool = False
    many: bool = False
    guard: Guard | None = None

    @property
    def allow(self) -> str:
        """The methods, as OPTIONS tells them."""
        names = set(self.methods) | {"OPTIONS"} | ({"HEAD"} if "GET" in self.methods else set())
        return ", ".join(sorted(names))


@dataclass
class Node:
    """What follows a path's first segments."""

    fixed: dict[str, "Node"] = field(default_factory=dict)
    parameter: "Node | None" = None
    endpoint: Endpoint | None = None


class Router:
    """All endpoints; a later one replaces an earlier one of the same path."""

    def __init__(self) -> None:
        self._root = Node()
        self.endpoints: dict[str, Endpoint] = {}

    def add(self, endpoint: Endpoint) -> None:
        """Add or replace an endpoint."""
        node = self._root
        for segment in _segments(endpoint.path):
            node = _child(node, segment)
        node.endpoint = endpoint
        self.endpoints[endpoint.path] = endpoint

    def find(self, path: str) -> tuple[Endpoint, Mapping[str, str]] | None:
        """The endpoint and the parameters, still percent-encoded. One slash at the end is ignored."""
        if path != "/" and path.endswith("/"):
            path = path[:-1]
        found = _find(self._root, _segments(path), [])
        if found is None:
            return None
        endpoint, values = found
        names = [segment.strip("{}") for segment in _segments(endpoint.path) if segment.startswith("{")]
        return endpoint, dict(zip(names, values, strict=True))


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").split("/") if path not in ("", "/") else []


def _child(node: Node, segment: str) -> Node:
    if not segment.startswith("{"):
        return node.fixed.setdefault(segment, Node())
    if node.parameter is None:
        node.parameter = Node()
    return node.parameter


def _find(node: Node, segments: list[str], values: list[str]) -> tuple[Endpoint, list[str]] | None:
    if not segments:
        return None if node.endpoint is None else (node.endpoint, values)
    head, *rest = segments
    found = _find(node.fixed[head], rest, values) if head in node.fixed else None
    if found is None and node.parameter is not None and head:
        found = _find(node.parameter, rest, [*values, head])
    return found
