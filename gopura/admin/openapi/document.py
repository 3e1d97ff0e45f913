"""The whole description: paths, schemas, error bodies, examples."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from gopura import schema
from gopura.admin.openapi.examples import EXAMPLES
from gopura.admin.openapi.fields import input_schema, output_schema
from gopura.admin.openapi.operations import operation
from gopura.admin.release import KONG_VERSION
from gopura.admin.router import Endpoint
from gopura.entities.plugins import enabled
from gopura.release import VERSION
from gopura.schema import EntityType

Schema = dict[str, Any]

_ABOUT = f"""The Admin API of gopura, compatible with Kong Gateway {KONG_VERSION}.
Bodies may be JSON, forms or multipart; lists are read page by page by following `next`."""
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


def document(endpoints: Iterable[Endpoint]) -> Schema:
    """OpenAPI 3.1 for these endpoints."""
    listed = [endpoint for endpoint in endpoints if endpoint.methods]
    entities = {endpoint.entity.name: endpoint.entity for endpoint in listed if endpoint.entity is not None}
    return {
        "openapi": "3.1.0",
        "info": {"title": "gopura Admin API", "version": VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": {endpoint.path: _path(endpoint) for endpoint in listed},
        "components": {
            "schemas": _schemas(entities),
            "responses": {status: _error(status, example) for status, example in _ERRORS.items()},
            "parameters": _parameters(),
        },
    }


def _path(endpoint: Endpoint) -> Schema:
    return {
        method.lower(): operation(endpoint, method, handler) for method, handler in endpoint.methods.items()
    }


def _schemas(entities: dict[str, EntityType]) -> Schema:
    found: Schema = {"error": _error_schema()}
    for name, entity in entities.items():
        found |= _entity(name, entity)
    for name, plugin in enabled().items():
        found[f"plugin_{name}"] = input_schema(plugin.Config.shape())
    return found


def _entity(name: str, entity: EntityType) -> Schema:
    more: Schema = {"ttl": {"type": ["integer", "null"], "minimum": 0}} if entity.ttl else {}
    extra: Schema = (
        {"snis": {"type": ["array", "null"], "items": {"type": "string"}}} if name == "certificates" else {}
    )
    given = input_schema(entity.shape)
    given["properties"] |= more | extra
    whole = output_schema(entity.shape, more | extra)
    if name in EXAMPLES:
        given["examples"] = [EXAMPLES[name]]
        whole["examples"] = [schema.insert(entity, EXAMPLES[name])]
    change = {key: value for key, value in given.items() if key != "required"}
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
    found: Schema = {"size": {"name": "size", "in": "query", "schema": size}}
    for name, text in texts.items():
        found[name] = {"name": name, "in": "query", "schema": {"type": "string"}, "description": text}
    for name, header in (("if_match", "If-Match"), ("if_none_match", "If-None-Match")):
        found[name] = {"name": header, "in": "header", "schema": {"type": "string"}}
    return found
