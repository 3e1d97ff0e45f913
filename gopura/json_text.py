"""JSON of what requests carry: their bytes need not be UTF-8, JSON has to be (RFC 8259)."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_NO_UTF_8 = re.compile("[\ud800-\udfff]")


def dumps(value: Any) -> bytes:
    """The value as JSON, with U+FFFD for each byte of a text that is not UTF-8."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return _NO_UTF_8.sub("\ufffd", text).encode()
