"""`ngx.encode_base64`, `ngx.md5`, `ngx.time` and their like; JSON for `cjson`."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import time
import zlib
from email.utils import formatdate, parsedate_to_datetime
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import orjson

from gopura.json_text import dumps
from gopura.plugin import body as bodies
from gopura.plugin.lua.pdk import json_reader
from gopura.plugin.lua.pdk.arguments import Misuse, data, table, text
from gopura.plugin.lua.pdk.provided import ANY, Call, provides
from gopura.plugin.lua.pdk.service import encoded
from gopura.plugin.lua.values import Json, text_of

_UNRESERVED = "!'()*~"
_LONG = 64 << 10
"""Characters of a malformed text that are read again to say what is wrong with it."""


@provides("ngx.encode_base64", ANY)
def _encode_base64(_call: Call, value: Any, no_padding: Any) -> str:
    coded = base64.b64encode(data(value)).decode()
    return coded.rstrip("=") if no_padding else coded


@provides("ngx.decode_base64", ANY)
def _decode_base64(_call: Call, value: Any) -> str | None:
    coded = data(text("argument", value))
    try:
        return text_of(base64.b64decode(coded + b"=" * (-len(coded) % 4), validate=True))
    except binascii.Error:
        return None


@provides("ngx.escape_uri", ANY)
def _escape_uri(_call: Call, value: Any) -> str:
    return quote(data(value), safe=_UNRESERVED)


@provides("ngx.unescape_uri", ANY)
def _unescape_uri(_call: Call, value: Any) -> str:
    return text_of(unquote_to_bytes(data(value).replace(b"+", b" ")))


@provides("ngx.encode_args", ANY)
def _encode_args(_call: Call, arguments: Any) -> str:
    return encoded(table("args", arguments))


@provides("ngx.decode_args", ANY)
def _decode_args(_call: Call, query: Any) -> Any:
    return bodies.decoded(data(text("argument", query)), "application/x-www-form-urlencoded", 100)


@provides("ngx.md5", ANY)
def _md5(_call: Call, value: Any) -> str:
    return hashlib.md5(data(value), usedforsecurity=False).hexdigest()


@provides("ngx.md5_bin", ANY)
def _md5_bin(_call: Call, value: Any) -> str:
    return text_of(hashlib.md5(data(value), usedforsecurity=False).digest())


@provides("ngx.sha1_bin", ANY)
def _sha1_bin(_call: Call, value: Any) -> str:
    return text_of(hashlib.sha1(data(value), usedforsecurity=False).digest())


@provides("ngx.hmac_sha1", ANY)
def _hmac_sha1(_call: Call, key: Any, value: Any) -> str:
    return text_of(hmac.digest(data(key), data(value), "sha1"))


@provides("ngx.crc32_short", ANY)
@provides("ngx.crc32_long", ANY)
def _crc32(_call: Call, value: Any) -> int:
    return zlib.crc32(data(value))


@provides("ngx.time", ANY)
def _time(_call: Call) -> int:
    return int(time.time())


@provides("ngx.now", ANY)
def _now(_call: Call) -> float:
    return round(time.time(), 3)


@provides("ngx.today", ANY)
def _today(_call: Call) -> str:
    return time.strftime("%Y-%m-%d")


@provides("ngx.localtime", ANY)
def _localtime(_call: Call) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


@provides("ngx.utctime", ANY)
def _utctime(_call: Call) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


@provides("ngx.http_time", ANY)
def _http_time(_call: Call, seconds: Any) -> str:
    return formatdate(float(seconds), usegmt=True)


@provides("ngx.parse_http_time", ANY)
def _parse_http_time(_call: Call, value: Any) -> int | None:
    try:
        return int(parsedate_to_datetime(text("argument", value)).timestamp())
    except ValueError:
        return None


@provides("ngx.worker.pid", ANY)
def _pid(_call: Call) -> int:
    return os.getpid()


@provides("cjson.encode", ANY)
def _encode(_call: Call, value: Any) -> str:
    return dumps(value).decode()


@provides("cjson.decode", ANY)
def _decode(_call: Call, value: Any) -> Any:
    try:
        return Json(orjson.loads(data(text("argument", value))))
    except orjson.JSONDecodeError as error:
        if len(value) > _LONG:
            raise Misuse(f"Expected value but found invalid token at character {error.pos + 1}") from error
        return Json(json_reader.read(value))
