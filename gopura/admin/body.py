"""Reading a request's body: JSON, form or multipart, and what is refused before anything looks inside."""

import io
from dataclasses import dataclass
from typing import Any

import multipart  # type: ignore[import-untyped]
import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from gopura.admin import answers, arguments

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Body:
    """What a client sent: the value, whether its scalars are all text (a form), and its bytes."""

    value: dict[str, Any]
    form: bool = False
    raw: bytes = b""


async def read(request: Request, limit: int, yaml: bool = False) -> Body:
    """The body of a request that may have one; Refusal for another content type, bad JSON or too many bytes.

    `limit` is in bytes. `yaml` admits `text/yaml`, whose bytes are left to the endpoint.
    """
    if request.method not in _BODY_METHODS:
        return Body({})
    kind = request.headers.get("content-type")
    raw = await _bytes(request, limit)
    if kind is None:
        return _untyped(request.headers, raw)
    return _typed(kind, raw, yaml)


async def _bytes(request: Request, limit: int) -> bytes:
    if int(request.headers.get("content-length", "0")) > limit:
        raise answers.Refusal(answers.page(413))
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > limit:
                raise answers.Refusal(answers.page(413))
    except ClientDisconnect as error:
        raise answers.Refusal(answers.page(400)) from error
    return bytes(raw)


def _untyped(headers: Headers, raw: bytes) -> Body:
    if raw or "transfer-encoding" in headers:
        raise answers.Refusal(answers.page(415))
    return Body({})


def _typed(kind: str, raw: bytes, yaml: bool) -> Body:
    if kind.startswith(_JSON):
        return Body(_json(raw), raw=raw)
    if kind.startswith(_FORM):
        return Body(_form(raw), form=True, raw=raw)
    if kind.startswith(_MULTIPART):
        return Body(_multipart(kind, raw), form=True, raw=raw)
    if yaml and kind.startswith("text/yaml"):
        return Body({}, raw=raw)
    raise answers.Refusal(answers.page(415))


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise answers.Refusal(answers.message("Cannot parse JSON body", 400)) from error
    if value == []:
        return {}
    if not isinstance(value, dict):
        raise answers.Refusal(answers.message("Cannot parse JSON body: expected an object", 400))
    return value


def _form(raw: bytes) -> dict[str, Any]:
    try:
        return arguments.nested(arguments.parse(raw.decode("utf-8", "surrogateescape")))
    except arguments.TooManyArguments as error:
        raise answers.Refusal(answers.message("Too many arguments", 400)) from error


def _multipart(kind: str, raw: bytes) -> dict[str, Any]:
    _, options = multipart.parse_options_header(kind)
    if "boundary" not in options:
        return {}
    parser = multipart.MultipartParser(
        io.BytesIO(raw), options["boundary"], part_limit=arguments.MAX_ARGUMENTS
    )
    try:
        return arguments.nested(arguments.grouped((part.name, part.value) for part in parser))
    except multipart.MultipartError as error:
        raise answers.Refusal(answers.message("Cannot parse multipart body", 400)) from error
