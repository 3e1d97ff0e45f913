"""Conditional requests: entity tags, If-Match and If-None-Match."""

import hashlib
from typing import Any

import orjson
from starlette.datastructures import Headers
from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.call import Call
from gopura.admin.keys import Key
from gopura.admin.resource import Resource
from gopura.store import Reader


def tag(value: dict[str, Any]) -> str:
    """The entity tag of what is shown of an entity; it changes with every change."""
    digest = hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return f'"{digest[:24]}"'


def tagged(value: dict[str, Any], status: int = 200) -> Response:
    """The answer with one entity."""
    return answers.json(value, status, {"ETag": tag(value)})


async def require(call: Call, resource: Resource, reader: Reader, key: Key) -> None:
    """Refuse a write whose conditions the entity with this key does not meet."""
    headers = call.request.headers
    if call.tx is not None:
        return  # the conditions are about the transaction's own URL, not about its parts
    if "if-match" in headers or "if-none-match" in headers:
        stored = await resource.stored(reader, key)
        _check(headers, None if stored is None else await resource.find(reader, key))


def _check(headers: Headers, current: dict[str, Any] | None) -> None:
    found = None if current is None else tag(current)
    wanted, unwanted = headers.get("if-match"), headers.get("if-none-match")
    if wanted is not None and not _matches(wanted, found):
        raise answers.Refusal(answers.message("the entity is not the one that If-Match names", 412))
    if unwanted is not None and _matches(unwanted, found):
        raise answers.Refusal(answers.message("the entity is one that If-None-Match excludes", 412))


def unchanged(headers: Headers, response: Response) -> bool:
    """Whether the client that read an answer has it already."""
    known = headers.get("if-none-match")
    return known is not None and response.status_code == 200 and _matches(known, response.headers.get("etag"))


def _matches(listed: str, found: str | None) -> bool:
    if found is None:
        return False
    tags = [one.strip().removeprefix("W/") for one in listed.split(",")]
    return "*" in tags or found in tags
