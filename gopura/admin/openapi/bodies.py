"""What an operation takes as its body."""

import inspect
from typing import Any

from gopura.admin.collection import Collection
from gopura.admin.nested import Child, Children
from gopura.admin.openapi import examples
from gopura.admin.openapi.fields import input_schema
from gopura.entities.plugins import enabled
from gopura.plugin import Plugin
from gopura.schema import EntityType

Schema = dict[str, Any]

_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")


def body_of(entity: EntityType, method: str, owner: Any) -> Schema:
    """An entity, or with PATCH some of its fields."""
    changes = method == "PATCH"
    schema = {"$ref": f"#/components/schemas/{entity.name}_{'change' if changes else 'input'}"}
    needed = not changes and "required" in input_schema(entity.shape)
    content: Schema = {media: {"schema": schema} for media in _TYPES}
    content["application/json"] |= _examples(entity, changes, owner)
    return {"required": needed, "content": content}


def plain_body(example: Any) -> Schema:
    """A JSON object that is no entity."""
    return {"content": {"application/json": {"schema": {"type": "object"}, "example": example}}}


def _examples(entity: EntityType, changes: bool, owner: Any) -> Schema:
    parent = owner.field if isinstance(owner, Child | Children) else None
    found = examples.change(entity) if changes else examples.given(entity, parent)
    if entity.name == "plugins" and isinstance(owner, Collection):
        known = {name: _example(plugin) for name, plugin in enabled().items() if plugin.example}
        return {"examples": known} if known else {"example": found}
    return {"example": found} if found else {}


def _example(plugin: type[Plugin]) -> Schema:
    about = (inspect.getdoc(inspect.getmodule(plugin)) or plugin.name).splitlines()[0]
    return {
        "summary": f"{plugin.name}: {about}",
        "value": {"name": plugin.name, "config": dict(plugin.example)},
    }
