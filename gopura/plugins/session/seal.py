"""Encrypting what goes into cookies and the database, so that only who knows the secret can make or read it."""

from __future__ import annotations

import base64
import os
import zlib
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gopura.plugin.jws import base64url

_PLAIN, _DEFLATED = b"\x02", b"\x03"
_SIZE_BYTES, _ID_BYTES, _NONCE_BYTES, _TAG_BYTES = 3, 32, 12, 16
_ID_AT = len(_PLAIN) + _SIZE_BYTES
_NONCE_AT = _ID_AT + _ID_BYTES
_HEAD_BYTES = _NONCE_AT + _NONCE_BYTES
_DEFLATED_FROM = 1024
"""Bytes of content from which it is compressed."""


@dataclass(frozen=True)
class Seal:
    """AES-256-GCM with a key of its own for every session. What was sealed for one purpose opens for no other."""

    secret: str
    purpose: str

    def close(self, id_: bytes, content: dict[str, Any]) -> str:
        """Encrypt a session's content."""
        kind, plain = _packed(orjson.dumps(content))
        size = -(-(_HEAD_BYTES + len(plain) + _TAG_BYTES) * 4 // 3)
        nonce = os.urandom(_NONCE_BYTES)
        head = kind + size.to_bytes(_SIZE_BYTES) + id_ + nonce
        return encoded(head + self._cipher(id_).encrypt(nonce, plain, self._bound(head)))

    def open(self, text: str) -> tuple[bytes, dict[str, Any]] | None:
        """Return the session's id and content; None for anything that was not sealed here."""
        raw = base64url(text)
        if raw is None or len(raw) < _HEAD_BYTES or raw[:1] not in (_PLAIN, _DEFLATED):
            return None
        head, id_, nonce = raw[:_HEAD_BYTES], raw[_ID_AT:_NONCE_AT], raw[_NONCE_AT:_HEAD_BYTES]
        try:
            content = self._cipher(id_).decrypt(nonce, raw[_HEAD_BYTES:], self._bound(head))
        except InvalidTag:
            return None
        return id_, orjson.loads(zlib.decompress(content) if raw[:1] == _DEFLATED else content)

    def _cipher(self, id_: bytes) -> AESGCM:
        key = HKDF(SHA256(), 32, salt=id_, info=b"gopura session").derive(self.secret.encode())
        return AESGCM(key)

    def _bound(self, head: bytes) -> bytes:
        return head + self.purpose.encode()


def size_of(beginning: str) -> int:
    """How long a sealed text is, by its beginning; 0 for what is none."""
    raw = base64url(beginning[:8]) or b""
    return int.from_bytes(raw[len(_PLAIN) : _ID_AT])


def _packed(content: bytes) -> tuple[bytes, bytes]:
    if len(content) <= _DEFLATED_FROM or len(packed := zlib.compress(content)) >= len(content):
        return _PLAIN, content
    return _DEFLATED, packed


def new_id() -> bytes:
    """A new session's id."""
    return os.urandom(_ID_BYTES)


def encoded(data: bytes) -> str:
    """Base64 of the URL alphabet without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
