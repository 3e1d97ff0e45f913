"""What a function's result becomes for the client."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson


class ResultError(ValueError):
    """The result has not the form that was agreed on."""


@dataclass(frozen=True)
class Result:
    """An answer in the form of the API Gateway's proxy integration."""

    status: int
    headers: dict[str, Any]
    body: bytes

    @classmethod
    def read(cls, content: bytes) -> Result:
        """Read it; raises ResultError."""
        try:
            value = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise ResultError(str(error)) from None
        if not isinstance(value, dict):
            raise ResultError("proxy response must be json format")
        headers, body = value.get("headers"), value.get("body")
        if headers is not None and not isinstance(headers, dict):
            raise ResultError("headers must be a table")
        if body is not None and not isinstance(body, str):
            raise ResultError("body must be a string")
        status = _status(value.get("statusCode"))
        decoded = _body(body or "", value.get("isBase64Encoded"))
        return cls(status, (headers or {}) | (value.get("multiValueHeaders") or {}), decoded)


def _status(value: Any) -> int:
    try:
        status = int(value)
    except (TypeError, ValueError):
        status = 0
    if isinstance(value, bool) or not 100 <= status <= 599:
        raise ResultError("statusCode validation failed")
    return status


def _body(text: str, is_base64: Any) -> bytes:
    if is_base64 not in (None, True, False):
        raise ResultError("isBase64Encoded must be a boolean")
    if not is_base64:
        return text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ResultError(str(error)) from None
