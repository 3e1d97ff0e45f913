"""The operations of one endpoint."""

import re
from typing import Any

from gopura.admin.collection import Collection
from gopura.admin.described import Facts, facts_of
from gopura.admin.item import Item
from gopura.admin.nested import Child, Children, Parent
from gopura.admin.openapi.bodies import body_of, plain_body
from gopura.admin.openapi.parameters import parameters_of, variables
from gopura.admin.openapi.wording import description, summary
from gopura.admin.router import Endpoint, Handler

Schema = dict[str, Any]


def operation(endpoint: Endpoint, method: str, handler: Handler, group: str) -> Schema:
    """What one method of an endpoint takes and answers."""
    owner, facts = getattr(handler, "__self__", None), facts_of(handler)
    found: Schema = {
        "operationId": _name(method, endpoint.path),
        "summary": summary(endpoint, handler),
        "tags": [group],
        "responses": _answers(endpoint, method, owner, facts) | _errors(method),
    }
    if text := description(endpoint, handler):
        found["description"] = text
    if parameters := parameters_of(endpoint, method, owner, facts):
        found["parameters"] = parameters
    if facts.body is not None:
        found["requestBody"] = plain_body(facts.body)
    elif method in ("POST", "PUT", "PATCH") and endpoint.entity is not None:
        found["requestBody"] = body_of(endpoint.entity, method, owner)
    return found


def _name(method: str, path: str) -> str:
    """Without `_`, which the viewer's links cannot have."""
    return "-".join((method.lower(), *re.findall("[a-z0-9]+", path)))


def _answers(endpoint: Endpoint, method: str, owner: Any, facts: Facts) -> Schema:
    if isinstance(owner, Parent) and method == "DELETE":
        return {}  # it is refused
    if method == "DELETE":
        return {"204": {"description": "Done, or there was nothing to delete."}}
    if endpoint.entity is None or not isinstance(owner, Collection | Item | Children | Child | Parent):
        return _plain(facts)
    listed = method == "GET" and isinstance(owner, Collection | Children)
    schema = {"$ref": f"#/components/schemas/{endpoint.entity.name}{'_list' if listed else ''}"}
    if method == "POST":
        links = _links(endpoint.path, endpoint.entity.name)
        return {"201": _json("The new entity.", {"schema": schema}) | {"links": links}}
    found = {"200": _json("A page of the list." if listed else "The entity.", {"schema": schema})}
    if method == "GET" and not listed:
        found["304"] = {"description": "The client has it already (If-None-Match)."}
    return found


def _plain(facts: Facts) -> Schema:
    """What an endpoint answers that is about no entity."""
    further = {str(status): {"description": text} for status, text in facts.statuses.items()}
    if facts.media:
        content = {media: {"schema": {"type": "string"}} for media in facts.media}
        return {str(facts.status): {"description": "The text.", "content": content}} | further
    if facts.answer is None:
        answer = _json("The answer.", {"schema": {"type": "object"}})
        return {str(facts.status): answer, "204": {"description": "Done."}} | further
    answer = _json("The answer.", {"schema": {"type": "object"}, "example": facts.answer})
    return {str(facts.status): answer} | further


def _links(path: str, entity: str) -> Schema:
    """From what was made in a collection to what can be done with it."""
    parameters = {name: f"$request.path.{name}" for name in variables(path)} | {entity: "$response.body#/id"}
    names = [_name(method, f"{path}/{entity}") for method in ("GET", "PATCH", "PUT", "DELETE")]
    return {name: {"operationId": name, "parameters": parameters} for name in names}


def _errors(method: str) -> Schema:
    names = ["400", "404", "405", "500", "503"]
    names += ["409", "412", "413", "415"] if method in ("POST", "PUT", "PATCH") else []
    names += ["412"] if method == "DELETE" else []
    return {name: {"$ref": f"#/components/responses/{name}"} for name in names}


def _json(description: str, content: Schema) -> Schema:
    return {"description": description, "content": {"application/json": content}}
