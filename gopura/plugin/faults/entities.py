"""Faults of the entities that a plugin brings along."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from gopura.plugin.faults.fault import Fault
from gopura.plugin.faults.settings import faults_of_shape
from gopura.plugin.lifecycle import Plugin
from gopura.schema import Entity, EntityType, Field, Foreign

_NAME = re.compile(r"(?!gopura_)[a-z][a-z0-9_]*\Z")

# Kept here by hand, as data planes have no Admin API to ask; a test compares them.
TAKEN = frozenset(
    {
        "acme", "basic-auths", "cache", "clustering", "config", "debug", "endpoints", "filter-chains", "hmac-auths",
        "jwts", "key-auths", "key-sets", "metrics", "oauth2", "openapi", "openapi.json", "proxy-cache", "schemas",
        "status", "timers", "transaction",
    }
)  # fmt: skip
"""First parts of paths of the Admin API that are no names of entities."""


def faults(plugin: type[Plugin]) -> Iterator[Fault]:
    """Whether each entity can have a table, endpoints and rows."""
    for model in plugin.entities:
        yield from _faults_of(model, model.entity())


def unresolved(plugin: type[Plugin], known: Collection[str]) -> Fault | None:
    """A reference to an entity that nobody has; None when all lead somewhere."""
    for model in plugin.entities:
        for name, field in model.entity().foreign_fields.items():
            if field.reference not in known:
                message = f"{name} refers to {field.reference!r}, and there is no such entity"
                return Fault(model, message, "name a collection, such as consumers", field.attribute)
    return None


def _faults_of(model: type[Entity], entity: EntityType) -> Iterator[Fault]:
    if not _NAME.match(entity.name):
        fix = "use lower-case letters, digits and underscores, as in URLs and SQL"
        yield Fault(model, f"{entity.name!r} is no name of an entity", fix)
    if entity.admin_name.partition("/")[0] in TAKEN:
        fix = "give the entity another name, or an admin_name"
        yield Fault(model, f"/{entity.admin_name} is an endpoint of the Admin API already", fix)
    if entity.primary_key != ("id",) or "id" not in entity.fields or not entity.fields["id"].uuid:
        yield Fault(model, "an entity without id", "add `id: config.Uuid`; it is the primary key", "id")
    if entity.endpoint_key is not None and entity.endpoint_key not in entity.unique_fields:
        fix = f"name a field with config.Unique(): {', '.join(entity.unique_fields) or 'there is none'}"
        yield Fault(model, f"the endpoint_key {entity.endpoint_key} is no unique field", fix)
    for name in entity.cache_key:
        if name not in entity.fields:
            yield Fault(model, f"the cache_key {name} is no field", "name fields of the entity")
    for name, field in entity.fields.items():
        yield from _faults_of_reference(model, name, field)
    yield from _repeated_columns(model, entity)
    yield from faults_of_shape(model, entity.shape)


def _faults_of_reference(model: type[Entity], name: str, field: Field) -> Iterator[Fault]:
    foreign = field.rule(Foreign)
    if foreign is not None and foreign.on_delete not in (None, "cascade"):
        fix = 'it is "cascade", or left out: then the other entity cannot be deleted first'
        yield Fault(model, f"{name}: on_delete cannot be {foreign.on_delete!r}", fix, field.attribute)


def _repeated_columns(model: type[Entity], entity: EntityType) -> Iterator[Fault]:
    """Columns that the table needs beside the fields take their names away."""
    columns = [f"{name}_id" if field.kind == "foreign" else name for name, field in entity.fields.items()]
    columns += ["ttl", "expires_at"] if entity.ttl else []
    columns += ["cache_key"] if len(entity.cache_key) > 1 else []
    for name, count in Counter(columns).items():
        if count > 1:
            yield Fault(
                model, f"its table has the column {name} already", "give the field another name", name
            )
