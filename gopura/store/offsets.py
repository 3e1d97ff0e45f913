"""The tokens by which a list continues: opaque to clients, the last row's sort key for the store."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import orjson

from gopura.store.errors import InvalidOffset

# Decoding must refuse what no encoder wrote, but accept the missing padding, as it is given out.
_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def encode(key: list[Any]) -> str:
    """The token for the row with this sort key."""
    return base64.b64encode(orjson.dumps(key)).decode().rstrip("=")


def decode(token: str, kinds: Sequence[type]) -> list[Any]:
    """The sort key, with parts of these kinds (str or float), in a token; InvalidOffset when it is not one."""
    try:
        key = orjson.loads(_bytes(token))
    except orjson.JSONDecodeError as error:
        raise InvalidOffset(token, "bad json encoding") from error
    if not isinstance(key, list) or len(key) != len(kinds) or not all(map(_fits, key, kinds)):
        raise InvalidOffset(token, "bad json encoding")
    return key


def _fits(part: Any, kind: type) -> bool:
    return isinstance(part, str) if kind is str else type(part) in (int, float)


def _bytes(token: str) -> bytes:
    bare = token.rstrip("=")
    if not _ALPHABET.issuperset(bare) or len(bare) % 4 == 1:
        raise InvalidOffset(token, "bad base64 encoding")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error as error:
        raise InvalidOffset(token, "bad base64 encoding") from error
