"""From a document to complete rows, with all its faults at once."""

from collections.abc import Callable, Mapping
from typing import Any

from gopura import schema
from gopura.declarative.errors import InvalidConfiguration, Tree, at, put
from gopura.declarative.expand import Expansion, Item, naming_field
from gopura.declarative.options import DOCUMENT_OPTIONS, option_problems
from gopura.declarative.references import NOT_NULL, Index, absent, unresolved
from gopura.progress import step
from gopura.schema import EntityType, effort
from gopura.schema.ttl import ttl_problem

Progress = Callable[[str, int, int], None]
"""Is told what is done to how many entities out of how many; often, and not always from the same thread."""


def rows(
    document: Mapping[str, Any], entities: Mapping[str, EntityType], progress: Progress = lambda *_: None
) -> dict[str, list[dict[str, Any]]]:
    """The rows of every kind of these entities; InvalidConfiguration when anything is wrong."""
    expansion = Expansion(entities)
    for name in document:
        if name not in entities and name not in DOCUMENT_OPTIONS:
            put(expansion.errors, (name,), "unknown field")
    for name, message in option_problems(document, DOCUMENT_OPTIONS):
        put(expansion.errors, (name,), message)
    for name in entities:
        expansion.section(name, document.get(name), (name,))
    index = Index(expansion.items)
    _complete(expansion, index, progress, transform=document.get("_transform") is not False)
    _raise(expansion.errors)
    errors = _repeated(expansion.items)
    for entity, messages in unresolved(expansion.items, index).items():
        errors.setdefault(entity, {}).update(messages)
    _raise(errors)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in entities}
    for item in expansion.items:
        found[item.entity.name].append(item.row)
    return found


def _raise(tree: Tree) -> None:
    if tree:
        raise InvalidConfiguration(tree)


def _complete(expansion: Expansion, index: Index, progress: Progress, *, transform: bool) -> None:
    for number, item in enumerate(expansion.items, 1):
        step()
        progress("checked", number, len(expansion.items))
        item.given |= index.keys_of(item)
        ttl = item.given.pop("ttl", None) if item.entity.ttl else None
        if ttl is not None and (problem := ttl_problem(ttl)):
            put(expansion.errors, (*item.path, "ttl"), problem)
        try:
            with effort.bounded():
                item.row = schema.insert(item.entity, item.given, transform=transform)
            item.row |= {} if ttl is None else {"ttl": ttl}
        except schema.SchemaViolation as error:
            _merge(expansion.errors, item.path, error.fields)
        except effort.TooMuch as error:
            _merge(expansion.errors, item.path, {"@entity": [str(error)]})
    for path, message in absent(expansion.items, index, faults=bool(expansion.errors)):
        if at(expansion.errors, path) != NOT_NULL:
            put(expansion.errors, path, message)


def _merge(errors: Tree, path: tuple[str | int, ...], fields: dict[str, Any]) -> None:
    for name, message in fields.items():
        put(errors, (*path, name), message)


def _repeated(items: list[Item]) -> Tree:
    seen: set[tuple[str, str, str]] = set()
    errors: Tree = {}
    for item in items:
        identities = {(item.entity.name, name, value) for name, value in _identifying(item)}
        taken = next((one for one in _identifying(item) if (item.entity.name, *one) in seen), None)
        if taken is not None:
            entity = f"'{item.entity.name}' entity with {taken[0]} set to '{taken[1]}'"
            place = _place(item, taken[0])
            put(errors, (item.entity.name, place), f"uniqueness violation: {entity} already declared")
        seen |= identities
    return errors


def _place(item: Item, name: str) -> str | int:
    """Names and ids are counted, other fields are told by the name of their entity."""
    if name in ("primary key", item.entity.endpoint_key):
        return item.path[-1]
    label = item.row.get(item.entity.endpoint_key or "") or item.row["id"]
    return str(label)


def _identifying(item: Item) -> list[tuple[str, str]]:
    """What no other entity may have, in the order in which it is reported."""
    name = naming_field(item.entity)
    names = sorted(item.entity.unique_fields, key=lambda one: one != name)
    found = [(one, item.row.get(one)) for one in names]
    found.insert(1 if name else 0, ("primary key", item.row["id"]))
    if len(item.entity.cache_key) > 1:
        parts = [item.row[name] for name in item.entity.cache_key]
        texts = [
            part["id"] if isinstance(part, dict) else "" if part is None else str(part) for part in parts
        ]
        found.append((",".join(item.entity.cache_key), ":".join(texts)))
    return [(name, value) for name, value in found if isinstance(value, str)]
