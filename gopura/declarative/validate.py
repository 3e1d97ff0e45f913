"""From a document to complete rows, with all its faults at once."""

import uuid
from collections.abc import Mapping
from typing import Any

from gopura import schema
from gopura.declarative.errors import InvalidConfiguration, Tree, put
from gopura.declarative.expand import Expansion, Item
from gopura.schema import EntityType
from gopura.store.layout import stored

VERSIONS = ("1.1", "2.1", "3.0")
_OPTIONS = ("_format_version", "_transform", "_comment", "_ignore")


def rows(document: Mapping[str, Any], entities: Mapping[str, EntityType]) -> dict[str, list[dict[str, Any]]]:
    """The rows of every kind of entity; InvalidConfiguration when anything is wrong."""
    known = {name: entity for name, entity in entities.items() if stored(entity)}
    expansion = Expansion(known)
    for name, value in document.items():
        if name in known:
            expansion.section(name, value, (name,))
        elif name not in _OPTIONS:
            put(expansion.errors, (name,), "unknown field")
    _check_version(document, expansion.errors)
    _complete(expansion)
    _raise(expansion.errors)
    _raise(_unresolved(expansion.items))
    _raise(_repeated(expansion.items))
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in known}
    for item in expansion.items:
        found[item.entity.name].append(item.row)
    return found


def _raise(tree: Tree) -> None:
    if tree:
        raise InvalidConfiguration(tree)


def _check_version(document: Mapping[str, Any], errors: Tree) -> None:
    version = document.get("_format_version")
    if version is None:
        put(errors, ("_format_version",), "required field missing")
    elif version not in VERSIONS:
        put(errors, ("_format_version",), f"expected one of: {', '.join(VERSIONS)}")


def _complete(expansion: Expansion) -> None:
    index = _index(expansion.items)
    for item in expansion.items:
        for name, text in item.references.items():
            target = str(item.entity.foreign_fields[name].reference)
            # An id that nothing has stands in for what is missing, so that the other fields are looked at too.
            item.given[name] = {"id": index.get((target, text), str(uuid.UUID(int=0)))}
        try:
            item.row = schema.insert(item.entity, item.given)
        except schema.SchemaViolation as error:
            _merge(expansion.errors, item.path, error.fields)


def _merge(errors: Tree, path: tuple[str | int, ...], fields: dict[str, Any]) -> None:
    for name, message in fields.items():
        put(errors, (*path, name), message)


def _index(items: list[Item]) -> dict[tuple[str, str], str]:
    index: dict[tuple[str, str], str] = {}
    for item in items:
        names = [item.entity.endpoint_key, *item.entity.unique_fields]
        found = [item.given["id"], *(item.given.get(name) for name in names if name)]
        index |= {(item.entity.name, text): item.given["id"] for text in found if isinstance(text, str)}
    return index


def _unresolved(items: list[Item]) -> Tree:
    index, errors = _index(items), Tree()
    for item in items:
        for name, text in item.references.items():
            target = str(item.entity.foreign_fields[name].reference)
            if (target, text) not in index:
                label = item.given.get(item.entity.endpoint_key or "") or item.given["id"]
                message = f"invalid reference '{name}: {text}' (no such entry in '{target}')"
                errors.setdefault(item.entity.name, {}).setdefault(label, []).append(message)
    return errors


def _repeated(items: list[Item]) -> Tree:
    seen: set[tuple[str, str, str]] = set()
    errors: Tree = {}
    for item in items:
        for name, value in _identifying(item):
            if (item.entity.name, name, value) in seen:
                entity = f"'{item.entity.name}' entity with {name} set to '{value}'"
                message = f"uniqueness violation: {entity} already declared"
                nested = len(item.path) > 2
                path = (item.entity.name, len(errors.get(item.entity.name, ()))) if nested else item.path
                put(errors, path, message)
            seen.add((item.entity.name, name, value))
    return errors


def _identifying(item: Item) -> list[tuple[str, str]]:
    found = [("primary key", item.row["id"])] if "id" in item.row else []
    unique = ((name, item.row.get(name)) for name in item.entity.unique_fields)
    found += [(name, value) for name, value in unique if isinstance(value, str)]
    if len(item.entity.cache_key) > 1:
        parts = [item.row[name] for name in item.entity.cache_key]
        texts = [
            part["id"] if isinstance(part, dict) else "" if part is None else str(part) for part in parts
        ]
        found.append((",".join(item.entity.cache_key), ":".join(texts)))
    return found
