"""Responses in memory."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

_OVERHEAD_BYTES = 512
"""What an entry costs besides its body and headers, about."""

HeaderValues = dict[str, str | list[str]]


_VARIANTS = 16
"""Answers to one key that differ by headers of the request, at most: each look-up goes through them."""


@dataclass(frozen=True)
class Kept:
    """A response: made at `timestamp`, good for `ttl` seconds, forgotten at `until`."""

    status: int
    headers: HeaderValues
    body: bytes
    timestamp: int
    ttl: float
    until: float
    vary: dict[str, list[str]] = field(default_factory=dict)
    """The request headers that it depends on, with their values."""
    must_be_fresh: bool = False
    """Whether it may not be used once it is older than `ttl`, whatever the client takes."""
    request_body: bytes | None = None

    @property
    def age(self) -> int:
        """Seconds since it was made."""
        return int(time.time()) - self.timestamp

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        headers = sum(len(name) + len(str(value)) for name, value in self.headers.items())
        return _OVERHEAD_BYTES + headers + len(self.body) + len(self.request_body or b"")

    def shown(self) -> dict[str, Any]:
        """The entry as the Admin API shows it."""
        asked = self.request_body
        return ({} if asked is None else {"req_body": asked.decode("utf-8", "replace")}) | {
            "status": self.status,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "body_len": len(self.body),
            "timestamp": self.timestamp,
            "ttl": self.ttl,
            "version": 1,
        }


class Memory:
    """Keeps as many responses as fit; those that were not asked for the longest go first. For every thread."""

    def __init__(self, capacity: int) -> None:
        self._capacity, self._used = capacity, 0
        self._entries: OrderedDict[str, list[Kept]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> list[Kept]:
        """The responses under this key, the newest first; they differ by what `vary` says."""
        with self._lock:
            if (variants := self._entries.get(key)) is None:
                return []
            self._entries.move_to_end(key)
            now = time.time()
            return [kept for kept in variants if kept.until > now]

    def put(self, key: str, kept: Kept) -> None:
        """Keep a response in place of its like, unless it is larger than all the memory."""
        if kept.size > self._capacity:
            return
        with self._lock:
            now = time.time()
            others = [one for one in self._drop(key) if one.vary != kept.vary and one.until > now]
            variants = [kept, *others][:_VARIANTS]
            self._entries[key] = variants
            self._used += _size(variants)
            while self._used > self._capacity:
                self._forget()

    def purge(self, key: str) -> bool:
        """Forget the responses under a key; whether there was one."""
        with self._lock:
            return bool(self._drop(key))

    def flush(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self._used = 0

    def _forget(self) -> None:
        """Make room: the oldest variant of what was not asked for the longest goes."""
        variants = next(iter(self._entries.values()))
        self._used -= variants.pop().size
        if not variants:
            self._entries.popitem(last=False)

    def _drop(self, key: str) -> list[Kept]:
        variants = self._entries.pop(key, [])
        self._used -= _size(variants)
        return variants


def _size(variants: list[Kept]) -> int:
    return sum(kept.size for kept in variants)
