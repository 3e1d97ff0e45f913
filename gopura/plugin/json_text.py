"""JSON of what requests carry: their bytes need not be UTF-8, JSON has to be (RFC 8259)."""

from __future__ import annotations

import json
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    """The value as JSON, with U+FFFD for each byte of a text that is not UTF-8."""
    try:
        return orjson.dumps(value)
    except TypeError:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").encode()
