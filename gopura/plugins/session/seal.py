"""Encrypting what goes into cookies and the database, so that only who knows the secret can make or read it."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gopura.plugin.jws import base64url

_VERSION, _ID_BYTES, _NONCE_BYTES = b"\x01", 16, 12
_HEAD_BYTES = len(_VERSION) + _ID_BYTES + _NONCE_BYTES


@dataclass(frozen=True)
class Seal:
    """AES-256-GCM with a key of its own for every session. What was sealed for one purpose opens for no other."""

    secret: str
    audience: str
    purpose: str

    def close(self, id_: bytes, content: dict[str, Any]) -> str:
        """Encrypt a session's content."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher(id_).encrypt(nonce, orjson.dumps(content), self._bound(id_))
        return encoded(_VERSION + id_ + nonce + sealed)

    def open(self, text: str) -> tuple[bytes, dict[str, Any]] | None:
        """Return the session's id and content; None for anything that was not sealed here."""
        raw = base64url(text)
        if raw is None or len(raw) < _HEAD_BYTES or raw[:1] != _VERSION:
            return None
        id_, nonce = raw[1 : 1 + _ID_BYTES], raw[1 + _ID_BYTES : _HEAD_BYTES]
        try:
            content = self._cipher(id_).decrypt(nonce, raw[_HEAD_BYTES:], self._bound(id_))
        except InvalidTag:
            return None
        return id_, orjson.loads(content)

    def _cipher(self, id_: bytes) -> AESGCM:
        key = HKDF(SHA256(), 32, salt=id_, info=b"gopura session").derive(self.secret.encode())
        return AESGCM(key)

    def _bound(self, id_: bytes) -> bytes:
        return orjson.dumps([encoded(id_), self.audience, self.purpose])


def new_id() -> bytes:
    """A new session's id."""
    return os.urandom(_ID_BYTES)


def encoded(data: bytes) -> str:
    """Base64 of the URL alphabet without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
