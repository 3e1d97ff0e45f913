"""What an operation takes from its path, its query and its headers."""

from typing import Any

from gopura.admin.collection import Collection
from gopura.admin.described import Facts
from gopura.admin.item import Item
from gopura.admin.nested import Child, Children, Parent
from gopura.admin.openapi.wording import one
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint

Schema = dict[str, Any]

_LIST = ("size", "offset", "tags")


def parameters_of(endpoint: Endpoint, method: str, owner: Any, facts: Facts) -> list[Schema]:
    """All parameters."""
    meanings = {**_keys(owner), **facts.path}
    found = [_parameter(name, "path", meanings.get(name, "")) for name in variables(endpoint.path)]
    if method == "GET" and isinstance(owner, Collection | Children):
        found += [{"$ref": f"#/components/parameters/{name}"} for name in _LIST]
    found += [_parameter(name, "query", text) for name, text in facts.query.items()]
    if isinstance(owner, Item | Child | Parent):
        headers = ("if_none_match",) if method == "GET" else ("if_match", "if_none_match")
        found += [{"$ref": f"#/components/parameters/{name}"} for name in headers]
    return found


def variables(path: str) -> list[str]:
    """The names of a path's parameters."""
    return [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]


def _parameter(name: str, place: str, text: str) -> Schema:
    found: Schema = {"name": name, "in": place, "schema": {"type": "string"}}
    if place == "path":
        found |= {"required": True, "schema": {"type": "string", "minLength": 1}}
    return found | ({"description": text} if text else {})


def _keys(owner: Any) -> dict[str, str]:
    """What may stand for the entities that a path names: of whatever resources its handler has."""
    resources = [part for part in vars(owner).values() if isinstance(part, Resource)] if owner else []
    return {resource.entity.name: _key(resource) for resource in resources}


def _key(resource: Resource) -> str:
    entity = resource.entity
    others = [f"`{entity.endpoint_key}`"] if entity.endpoint_key else []
    others += [resource.also_named_by] if resource.also_named_by else []
    return f"The {one(entity)}'s {' or '.join(['`id`', *others])}."
