"""The endpoints that follow from the entities' descriptions: collections, items, all nested forms."""

from collections.abc import Iterator

from gopura.admin.collection import Collection
from gopura.admin.item import Item
from gopura.admin.nested import Child, Children, Parent
from gopura.admin.resource import Resource
from gopura.admin.router import Endpoint


def endpoints(resources: dict[str, Resource]) -> Iterator[Endpoint]:
    """All of them, for entities that have endpoints."""
    for resource in resources.values():
        if resource.entity.endpoints:
            yield from _own(resource)
            yield from _nested(resource, resources)


def _own(resource: Resource) -> Iterator[Endpoint]:
    entity = resource.entity
    guard = resource.guard
    yield Endpoint(f"/{entity.admin_name}", Collection(resource).methods, entity, guard=guard)
    yield Endpoint(f"/{entity.admin_name}/{{{entity.name}}}", Item(resource).methods, entity, guard=guard)


def _nested(resource: Resource, resources: dict[str, Resource]) -> Iterator[Endpoint]:
    entity = resource.entity
    for name, field in entity.foreign_fields.items():
        if field.reference not in resources:
            continue
        parent = resources[str(field.reference)]
        up = f"/{entity.admin_name}/{{{entity.name}}}/{name}"
        down = f"/{parent.entity.admin_name}/{{{parent.entity.name}}}/{entity.nested_name}"
        child = f"{down}/{{{entity.name}}}"
        guard = resource.guard
        yield Endpoint(up, Parent(resource, parent, name).methods, parent.entity, guard=guard)
        yield Endpoint(down, Children(parent, resource, name).methods, entity, guard=guard)
        yield Endpoint(child, Child(parent, resource, name).methods, entity, guard=guard)
