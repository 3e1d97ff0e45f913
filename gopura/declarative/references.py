"""References from one entity of a document to another: by id, by name, or as the Admin API has them (`{"id": ...}`)."""

import uuid
from collections.abc import Iterator
from typing import Any

import orjson

from gopura.declarative.errors import Tree
from gopura.declarative.expand import Item, Path, is_uuid, naming_field

NOT_NULL = "value must be null"
_NOTHING = str(uuid.UUID(int=0))


class Index:
    """The entities of a document by what others may call them."""

    def __init__(self, items: list[Item]) -> None:
        self._ids: dict[tuple[str, str], str] = {}
        for item in items:
            found = [item.given["id"], item.given.get(naming_field(item.entity) or "")]
            named = ((item.entity.name, text) for text in found if isinstance(text, str))
            self._ids |= dict.fromkeys(named, item.given["id"])

    def find(self, item: Item, name: str) -> str | None:
        """The id of what a field refers to; None when there is no such entity."""
        value = item.references[name]
        text = value.get("id") if isinstance(value, dict) else value
        target = str(item.entity.foreign_fields[name].reference)
        return self._ids.get((target, text)) if isinstance(text, str) else None

    def keys_of(self, item: Item) -> dict[str, Any]:
        """The foreign keys of an item that are written as text, except the parent's.

        An id that nothing has stands in for what is missing, so that the other fields are looked at too.
        """
        written = [name for name, value in item.references.items() if isinstance(value, str)]
        return {
            name: self._key(item, name) for name in written if name != item.owner or name in _needed(item)
        }

    def _key(self, item: Item, name: str) -> dict[str, str] | None:
        found = self.find(item, name)
        if found is None and name in _needed(item):
            return None
        return {"id": found or _NOTHING}


def absent(items: list[Item], index: Index, *, faults: bool) -> Iterator[tuple[Path, Any]]:
    """Faults of fields that refer to nothing, by path, as they stand beside other faults of the document.

    Where all else is well they are told by the names of their entities instead: see `unresolved`.
    """
    if not faults and not any(_uncertain(item) for item in items):
        return
    for item in items:
        for name, value in item.references.items():
            if isinstance(value, str) and index.find(item, name) is None:
                faults = True
                yield (*item.path, name), {"id": "missing primary key"}
            elif not _possible(value):
                faults = True
    if faults:  # below a parent nothing has to be referred to, so it may be that which is wrong
        for item in items:
            for name in item.references if item.owner else ():
                yield (*item.path, name), NOT_NULL


def _possible(value: Any) -> bool:
    """Whether a value may be a reference at all."""
    return isinstance(value, str) or (isinstance(value, dict) and is_uuid(value.get("id")))


def _uncertain(item: Item) -> bool:
    """Whether only its references can tell if an entity is complete."""
    written = item.references.values()
    return (bool(written) and bool(item.owner)) or not all(written) or bool(_needed(item))


def _needed(item: Item) -> set[str]:
    """The foreign keys from which something is made that is stored, so that nothing may stand in for them."""
    needs = {need.partition(".")[0] for one in item.entity.shape.transformations for need in one.needs}
    return needs & set(item.entity.foreign_fields)


def unresolved(items: list[Item], index: Index) -> Tree:
    """References that nothing answers to, by the name of the entity that has them."""
    errors: Tree = {}
    for item in items:
        for name, value in item.references.items():
            if index.find(item, name) is None:
                text = value if isinstance(value, str) else orjson.dumps(value).decode()
                target = item.entity.foreign_fields[name].reference
                message = f"invalid reference '{name}: {text}' (no such entry in '{target}')"
                label = item.row.get(naming_field(item.entity) or "") or item.row["id"]
                errors.setdefault(item.entity.name, {}).setdefault(label, []).append(message)
    return errors
