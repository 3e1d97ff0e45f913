"""The groups that operations are shown in: one for each entity, one for each topic, one for the node itself."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any

from gopura.admin.nested import Parent
from gopura.admin.router import Endpoint
from gopura.schema import EntityType

NODE = "node"
_NODE_TEXT = "The node as a whole: what it is, how it does, all of its configuration at once."


class Groups:
    """Which group each endpoint is in."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._entities = {one.entity.name: one.entity for one in endpoints if one.entity is not None}
        own = [_first(one.path) for one in endpoints if one.entity is None]
        self._topics = {name for name in own if own.count(name) > 1}

    def of(self, endpoint: Endpoint) -> str:
        """Its group: that of the entity which it is about, else of its first segment if others share that."""
        entity = _referring(endpoint) or endpoint.entity or self._named(endpoint.path)
        if entity is not None:
            return entity.admin_name
        first = _first(endpoint.path)
        known = {one.admin_name for one in self._entities.values()} | self._topics
        return first if first in known else NODE

    def entity(self, group: str) -> EntityType | None:
        """The entity that a group is about."""
        return next((one for one in self._entities.values() if one.admin_name == group), None)

    def texts(self, endpoints: Iterable[Endpoint]) -> dict[str, str]:
        """All groups in the order of their names, with what they are."""
        first = {self.of(endpoint): endpoint for endpoint in reversed(list(endpoints))}
        return {group: self._text(group, first[group]) for group in sorted(first)}

    def _named(self, path: str) -> EntityType | None:
        """The last entity of which a path names one, if it begins with entities."""
        if _first(path) not in {one.admin_name for one in self._entities.values()}:
            return None
        names = [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]
        return next((self._entities[name] for name in reversed(names) if name in self._entities), None)

    def _text(self, group: str, endpoint: Endpoint) -> str:
        entity = self.entity(group)
        if entity is not None:
            return _paragraph(entity.model)
        return _NODE_TEXT if group == NODE else _paragraph(_module(endpoint))


def _referring(endpoint: Endpoint) -> EntityType | None:
    """The entity of `/routes/{routes}/service`, which is about a route."""
    handler: Any = next(iter(endpoint.methods.values()))
    owner = getattr(handler, "__self__", None)
    return owner.child.entity if isinstance(owner, Parent) else None


def _first(path: str) -> str:
    return path.split("/")[1].partition(".")[0]


def _module(endpoint: Endpoint) -> Any:
    handler: Any = next(iter(endpoint.methods.values()))
    return sys.modules[handler.__module__]


def _paragraph(described: Any) -> str:
    return " ".join((described.__doc__ or "").strip().split("\n\n")[0].split())
