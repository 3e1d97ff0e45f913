"""From nested entities to flat ones, each with its id and with the ids of what it refers to."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from gopura.declarative.errors import Tree, put
from gopura.declarative.options import ENTITY_OPTIONS, option_problems
from gopura.schema import EntityType
from gopura.schema.rules.text import UuidText

Path = tuple[str | int, ...]

NAMESPACE = uuid.UUID("fd02801f-0957-4a15-a55a-c8d9606f30b5")
"""Kong's, so that ids made from names are the same."""
_IS_UUID = UuidText()


@dataclass
class Item:
    """One entity of the document: where it stands, what is given, and what it says itself about others.

    owner: the field that refers to the parent, empty at the top. references: the foreign keys as they are written, the
    parent's too. row: the entity once it is complete.
    """

    entity: EntityType
    path: Path
    given: dict[str, Any]
    owner: str
    row: dict[str, Any] = field(default_factory=dict)
    references: dict[str, Any] = field(default_factory=dict)


class Expansion:
    """Walks through a document; `items` has children before their parents."""

    def __init__(self, entities: Mapping[str, EntityType]) -> None:
        self.entities = entities
        self.items: list[Item] = []
        self.errors: Tree = {}
        self._identities: set[str] = set()
        self._children = {name: dict(children(entities, entity)) for name, entity in entities.items()}

    def section(self, name: str, value: Any, path: Path, parent: Item | None = None, key: str = "") -> None:
        """The entities of one kind; `key` is the field that refers to the parent."""
        if value in (None, {}):
            return
        if not isinstance(value, list):
            put(self.errors, path, "expected an array")
            return
        for number, one in enumerate(value):
            if isinstance(one, dict) or one == []:  # both are the empty one where this comes from
                self._item(self.entities[name], dict(one), (*path, number), parent, key)
            else:
                put(self.errors, (*path, number), "expected a record")

    def _item(
        self, entity: EntityType, given: dict[str, Any], path: Path, parent: Item | None, key: str
    ) -> None:
        for name, message in option_problems(given, ENTITY_OPTIONS):
            put(self.errors, (*path, name), message)
        own = {name: value for name, value in given.items() if name not in ENTITY_OPTIONS}
        nested = {name: field for name, field in self._children[entity.name].items() if name in own}
        item = Item(entity, path, {name: value for name, value in own.items() if name not in nested}, key)
        item.references = {
            name: item.given[name] for name in entity.foreign_fields if item.given.get(name) is not None
        }
        owner = {key: str(parent.given["id"])} if parent else {}
        if item.given.get("id") is None:
            item.given["id"] = self._identity(item, owner)
        item.given |= {name: {"id": value} for name, value in owner.items()}
        for name, field_name in nested.items():
            self.section(name, own[name], (*path, name), item, field_name)
        self.items.append(item)

    def _identity(self, item: Item, owner: Mapping[str, str]) -> str:
        """The same id for the same entity at every load, and where it has a name the same one as Kong gives it."""
        key = _key(item.entity, item.given, owner)
        text = key or _canonical({**item.given, **owner})
        found = str(uuid.uuid5(uuid.uuid5(NAMESPACE, item.entity.name), text))
        while key is None and found in self._identities:
            found = str(uuid.uuid5(NAMESPACE, found))
        self._identities.add(found)
        return found


def children(entities: Mapping[str, EntityType], parent: EntityType) -> Iterator[tuple[str, str]]:
    """The entities that may stand below a parent, each with its field that refers to it."""
    for child in sorted(entities):
        for name, one in entities[child].foreign_fields.items():
            if one.reference == parent.name and child not in parent.fields:
                yield child, name


def is_uuid(text: Any) -> bool:
    """Whether a text is an id."""
    return isinstance(text, str) and _IS_UUID.problem(text) is None


def naming_field(entity: EntityType) -> str | None:
    """The field by which others may refer to an entity instead of by its id."""
    return entity.endpoint_key if entity.endpoint_key in entity.unique_fields else None


def _key(entity: EntityType, given: Mapping[str, Any], owner: Mapping[str, str]) -> str | None:
    """The text that an id is made from; None when nothing names the entity."""
    if entity.cache_key:
        return _combined(entity, given, owner)
    name = given.get(entity.endpoint_key) if entity.endpoint_key else None
    return name if isinstance(name, str) else None


def _combined(entity: EntityType, given: Mapping[str, Any], owner: Mapping[str, str]) -> str | None:
    parts = [entity.name, "*"]
    for name in entity.cache_key:
        if entity.fields[name].auto:
            return None
        if name in given:
            # What is written, but is no text, adds nothing: so it is in Kong's ids.
            parts += [given[name]] if isinstance(given[name], str) else []
        elif name in owner:
            parts.append(owner[name])
        elif entity.fields[name].required:
            return None
        else:
            parts.append("")
    return ":".join(parts)


def _canonical(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS).decode()
