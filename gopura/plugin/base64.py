"""Base64 as clients of HTTP authentication send it."""

from __future__ import annotations

import base64
import binascii


def decoded(text: str) -> bytes | None:
    """Decode, with or without padding, up to where the padding begins, as nginx does; None when malformed."""
    digits = text.partition("=")[0]
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
