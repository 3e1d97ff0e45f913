"""The operations of one endpoint."""

from typing import Any

from gopura.admin.collection import Collection
from gopura.admin.item import Item
from gopura.admin.nested import Child, Children, Parent
from gopura.admin.openapi.fields import input_schema
from gopura.admin.router import Endpoint, Handler
from gopura.schema import EntityType

Schema = dict[str, Any]

_TYPES = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_LIST = ("size", "offset", "tags")
_TEXTS = {"/openapi": ("A page.", "text/html"), "/metrics": ("Measurements for Prometheus.", "text/plain")}


def operation(endpoint: Endpoint, method: str, handler: Handler) -> Schema:
    """What one method of an endpoint takes and answers."""
    owner = getattr(handler, "__self__", None)
    found: Schema = {
        "operationId": _name(method, endpoint.path),
        "summary": " ".join((handler.__doc__ or "").split("\n\n")[0].split()),
        "tags": [endpoint.path.split("/")[1] or "information"],
        "responses": _answers(endpoint, method, owner) | _errors(method),
    }
    parameters = _parameters(endpoint, method, owner)
    if parameters:
        found["parameters"] = parameters
    if method in ("POST", "PUT", "PATCH") and endpoint.entity is not None:
        found["requestBody"] = _body(endpoint.entity, method)
    return found


def _name(method: str, path: str) -> str:
    return f"{method.lower()}{path.replace('/', '_').replace('{', '').replace('}', '')}"


def _variables(path: str) -> list[str]:
    return [segment[1:-1] for segment in path.split("/") if segment.startswith("{")]


def _parameters(endpoint: Endpoint, method: str, owner: Any) -> list[Schema]:
    found: list[Schema] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in _variables(endpoint.path)
    ]
    if method == "GET" and isinstance(owner, Collection | Children):
        found += [{"$ref": f"#/components/parameters/{name}"} for name in _LIST]
    if isinstance(owner, Item | Child | Parent):
        headers = ("if_none_match",) if method == "GET" else ("if_match", "if_none_match")
        found += [{"$ref": f"#/components/parameters/{name}"} for name in headers]
    return found


def _body(entity: EntityType, method: str) -> Schema:
    kind = "change" if method == "PATCH" else "input"
    schema = {"$ref": f"#/components/schemas/{entity.name}_{kind}"}
    needed = method != "PATCH" and "required" in input_schema(entity.shape)
    return {"required": needed, "content": {media: {"schema": schema} for media in _TYPES}}


def _answers(endpoint: Endpoint, method: str, owner: Any) -> Schema:
    if method == "DELETE":
        return {"204": {"description": "Done, or there was nothing to delete."}}
    if endpoint.path in _TEXTS:
        description, media = _TEXTS[endpoint.path]
        return {"200": {"description": description, "content": {media: {"schema": {"type": "string"}}}}}
    if endpoint.entity is None or not isinstance(owner, Collection | Item | Children | Child | Parent):
        return {"200": _json("An answer.", {"type": "object"}), "204": {"description": "Done."}}
    listed = method == "GET" and isinstance(owner, Collection | Children)
    schema = {"$ref": f"#/components/schemas/{endpoint.entity.name}{'_list' if listed else ''}"}
    if method == "POST":
        links = _links(endpoint.path, endpoint.entity.name)
        return {"201": _json("The new entity.", schema) | {"links": links}}
    found = {"200": _json("A page of the list." if listed else "The entity.", schema)}
    if method == "GET" and not listed:
        found["304"] = {"description": "The client has it already (If-None-Match)."}
    return found


def _links(path: str, entity: str) -> Schema:
    """From what was made in a collection to what can be done with it."""
    parameters = {name: f"$request.path.{name}" for name in _variables(path)} | {entity: "$response.body#/id"}
    names = [_name(method, f"{path}/{entity}") for method in ("GET", "PATCH", "PUT", "DELETE")]
    return {name: {"operationId": name, "parameters": parameters} for name in names}


def _errors(method: str) -> Schema:
    names = ["400", "404", "405", "500", "503"]
    names += ["409", "412", "413", "415"] if method in ("POST", "PUT", "PATCH") else []
    names += ["412"] if method == "DELETE" else []
    return {name: {"$ref": f"#/components/responses/{name}"} for name in names}


def _json(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}
