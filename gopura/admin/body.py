"""Reading a request's body: JSON, form or multipart, and what is refused before anything looks inside."""

import io
import sys
from dataclasses import dataclass
from typing import Any

import multipart  # type: ignore[import-untyped]
import orjson
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from gopura.admin import answers, arguments, bounds
from gopura.settings import Settings

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH"})
_USUAL_LIMIT = "10m"
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Body:
    """What a client sent: the value, whether its scalars are all text (a form), and its bytes."""

    value: dict[str, Any]
    form: bool = False
    raw: bytes = b""


def limit(settings: Settings) -> int:
    """The largest body in bytes, by `nginx_admin_client_max_body_size` (`10m`; 0: none)."""
    text = str(settings.get("nginx_admin_client_max_body_size") or _USUAL_LIMIT)
    number, unit = (text[:-1], text[-1].lower()) if text[-1].isalpha() else (text, "")
    return int(number) * _UNITS[unit] or sys.maxsize


async def read(request: Request, most: int, yaml: bool = False) -> Body:
    """The body of a request that may have one; Refusal for another content type, bad JSON or too many bytes.

    `most` is in bytes. `yaml` admits `text/yaml`, whose bytes are left to the endpoint.
    """
    if request.method not in _BODY_METHODS:
        return Body({})
    kind = request.headers.get("content-type")
    raw = await _bytes(request, most)
    if kind is None:
        return _untyped(request.headers, raw)
    if kind.startswith(_JSON):
        bounds.check_brackets(raw, most)
    return _typed(kind, raw, yaml)


async def _bytes(request: Request, most: int) -> bytes:
    if int(request.headers.get("content-length", "0")) > most:
        raise answers.Refusal(answers.page(413))
    raw = bytearray()
    try:
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > most:
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
    if "boundary" not in options or not raw:
        return {}
    limits = {"part_limit": arguments.MAX_ARGUMENTS, "spool_limit": len(raw), "memory_limit": len(raw)}
    parser = multipart.MultipartParser(io.BytesIO(raw), options["boundary"], **limits)
    try:
        return arguments.nested(arguments.grouped((part.name, part.value) for part in parser))
    except multipart.MultipartError as error:
        raise answers.Refusal(answers.message("Cannot parse multipart body", 400)) from error
