"""Errors as RFC 9457 problem details, for clients that accept them: where, what is allowed, what was meant."""

import difflib
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.entities.plugins import enabled
from gopura.schema import Field, shape_for, wording

MEDIA_TYPE = "application/problem+json"
_CHOICES = ("one_of", "between", "gt", "len_min", "len_max", "starts_with", "match", "uuid")
_LONGEST_WORD = 100
"""Characters of a word that may be meant to be another one."""


def wanted(request: Request) -> bool:
    """Whether the client asks for problem details."""
    return MEDIA_TYPE in request.headers.get("accept", "")


def translated(response: Response, request: Request, call: Call | None) -> Response:
    """The same refusal as problem details."""
    body = _body(response)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": body.get("name") or HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
        "detail": body.get("message") or "",
        "instance": request.url.path,
    }
    problem |= {key: body[key] for key in ("code", "options") if key in body}
    if "fields" in body:
        problem["errors"] = list(_errors(body["fields"], call))
    kept = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
    return Response(orjson.dumps(problem), response.status_code, kept, MEDIA_TYPE)


def _body(response: Response) -> dict[str, Any]:
    if response.media_type != answers.JSON:
        return {}
    found = orjson.loads(response.body)
    return found if isinstance(found, dict) else {}


def _errors(fields: Mapping[str, Any], call: Call | None) -> Iterator[dict[str, Any]]:
    entity = call.endpoint.entity if call else None
    shape = (shape_for(entity, call.body.value) or entity.shape) if call and entity else None
    yield from _inside(fields, (), shape.fields if shape else {}, call)


def _inside(
    tree: Any, path: tuple[str, ...], fields: Mapping[str, Field], call: Call | None
) -> Iterator[dict[str, Any]]:
    for step, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        here = path if step == "@entity" else (*path, str(step))
        field = fields.get(str(step)) if isinstance(tree, dict) else None
        if isinstance(value, dict | list):
            yield from _inside(value, here, _deeper(field, fields, value), call)
        elif value is not None:
            yield _error(here, str(value), field, fields, call)


def _deeper(field: Field | None, fields: Mapping[str, Field], value: Any) -> Mapping[str, Field]:
    if field is None:
        return fields if isinstance(value, list) else {}
    record = field.record or (field.elements.record if field.elements else None)
    return record.fields if record else {}


def _error(
    path: tuple[str, ...], message: str, field: Field | None, fields: Mapping[str, Field], call: Call | None
) -> dict[str, Any]:
    error: dict[str, Any] = {"path": "/" + "/".join(path), "message": message}
    if field is not None:
        allowed = {"type": field.kind}
        for rule in field.rules:
            allowed |= {key: value for key, value in rule.shown().items() if key in _CHOICES}
        error["allowed"] = allowed
    meant = _meant(path, message, fields, call)
    return error | {"suggestion": meant} if meant else error


def _meant(path: tuple[str, ...], message: str, fields: Mapping[str, Field], call: Call | None) -> str | None:
    known, word = list(fields), path[-1] if path else ""
    if message != wording.UNKNOWN:
        if (
            path != ("name",)
            or call is None
            or call.endpoint.entity is None
            or call.endpoint.entity.name != "plugins"
        ):
            return None
        known, word = list(enabled()), str(call.body.value.get("name"))
    if len(word) > _LONGEST_WORD:
        return None
    close = difflib.get_close_matches(word, known, 1)
    return close[0] if close else None
