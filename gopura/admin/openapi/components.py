"""What operations share: schemas of entities and plugins, refusals, parameters of lists."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from gopura.admin.openapi import examples
from gopura.admin.openapi.fields import input_schema, output_schema
from gopura.entities.plugins import enabled
from gopura.schema import EntityType

Schema = dict[str, Any]

_TTL = {
    "type": ["integer", "null"],
    "minimum": 0,
    "description": "Seconds after which it vanishes; null or 0: it stays.",
}
_SNIS = {
    "type": ["array", "null"],
    "items": {"type": "string"},
    "description": "The names of its SNIs: when it is given, it has these and no others.",
}
_ERRORS: dict[str, Any] = {
    "400": {
        "code": 2,
        "name": "schema violation",
        "message": "schema violation (host: required field missing)",
        "fields": {"host": "required field missing"},
    },
    "404": {"message": "Not found"},
    "405": {"message": "Method not allowed"},
    "409": {
        "code": 5,
        "name": "unique constraint violation",
        "message": "UNIQUE violation detected on '{name=\"a\"}'",
        "fields": {"name": "a"},
    },
    "412": {"message": "the entity is not the one that If-Match names"},
    "413": None,
    "415": None,
    "500": {"message": "An unexpected error occurred"},
    "503": {"message": "the database is not reachable: connection refused"},
}


def components(entities: Mapping[str, EntityType]) -> Schema:
    """All of them."""
    return {
        "schemas": _schemas(entities),
        "responses": {status: _error(status, example) for status, example in _ERRORS.items()},
        "parameters": _parameters(),
    }


def _schemas(entities: Mapping[str, EntityType]) -> Schema:
    found: Schema = {"error": _error_schema()}
    for name, entity in entities.items():
        found |= _entity(name, entity)
    for name, plugin in enabled().items():
        found[f"plugin_{name}"] = input_schema(plugin.Config.shape())
    return found


def _entity(name: str, entity: EntityType) -> Schema:
    more: Schema = {"ttl": _TTL} if entity.ttl else {}
    extra: Schema = {"snis": _SNIS} if name == "certificates" else {}
    given = input_schema(entity.shape)
    given["properties"] |= more | extra
    whole = output_schema(entity.shape, more | extra)
    whole["description"] = entity.model.__doc__ or ""
    change = {key: value for key, value in given.items() if key != "required"}
    stored = examples.stored(entity)
    if stored is not None:
        given["examples"], whole["examples"] = [examples.given(entity)], [stored]
        change["examples"] = [examples.change(entity)]
    page = {"data": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}}
    page |= {"next": {"type": ["string", "null"]}, "offset": {"type": "string"}}
    paged = {"type": "object", "properties": page, "required": ["data", "next"]}
    return {name: whole, f"{name}_input": given, f"{name}_change": change, f"{name}_list": paged}


def _error_schema() -> Schema:
    properties = {
        "message": {"type": "string"},
        "name": {"type": "string"},
        "code": {"type": "integer"},
        "fields": {"type": "object", "description": "Messages, nested as the fields are."},
        "options": {"type": "object"},
    }
    return {"type": "object", "properties": properties, "required": ["message"]}


def _error(status: str, example: Any) -> Schema:
    description = HTTPStatus(int(status)).phrase
    if example is None:
        return {"description": description, "content": {"text/html": {"schema": {"type": "string"}}}}
    body = {"schema": {"$ref": "#/components/schemas/error"}, "example": example}
    problem = {"schema": {"type": "object"}}
    content = {"application/json": body, "application/problem+json": problem}
    if status in ("400", "405"):
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": description, "content": content}


def _parameters() -> Schema:
    size = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    texts = {
        "offset": "Where to continue: the `offset` of the page before.",
        "tags": "`a,b`: all of these tags; `a/b`: any of them.",
    }
    found: Schema = {
        "size": {"name": "size", "in": "query", "schema": size, "description": "So many at most."}
    }
    for name, text in texts.items():
        found[name] = {"name": name, "in": "query", "schema": {"type": "string"}, "description": text}
    conditions = {
        "if_match": ("If-Match", "Only if the entity is the one with this `ETag`."),
        "if_none_match": ("If-None-Match", "Only if the entity is another one; `*`: if there is none."),
    }
    for name, (header, text) in conditions.items():
        found[name] = {"name": header, "in": "header", "schema": {"type": "string"}, "description": text}
    return found
