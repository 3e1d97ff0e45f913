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


@dataclass(frozen=True)
class Kept:
    """A response; `ttl` is how many seconds it is good for, `until` when it is forgotten."""

    status: int
    headers: HeaderValues
    body: bytes
    timestamp: int
    ttl: float
    until: float
    vary: dict[str, str | None] = field(default_factory=dict)
    """The request headers that it depends on, with their values."""
    request_body: bytes | None = None

    @property
    def age(self) -> int:
        """Seconds since it came."""
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
        self._entries: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Kept | None:
        """The response under this key."""
        with self._lock:
            kept = self._entries.get(key)
            if kept is None or kept.until <= time.time():
                return None
            self._entries.move_to_end(key)
            return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep a response, unless it is larger than all the memory."""
        if kept.size > self._capacity:
            return
        with self._lock:
            self._drop(key)
            self._entries[key] = kept
            self._used += kept.size
            while self._used > self._capacity:
                self._drop(next(iter(self._entries)))

    def purge(self, key: str) -> bool:
        """Forget a response; whether there was one."""
        with self._lock:
            return self._drop(key)

    def flush(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()
            self._used = 0

    def _drop(self, key: str) -> bool:
        kept = self._entries.pop(key, None)
        self._used -= kept.size if kept else 0
        return kept is not None
