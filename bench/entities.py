"""Entities in bulk, as the control process sends them, for benchmarks that feed an engine directly."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from gopura.snapshot.encoding import delta_message, digest, encode, full_message

Row = dict[str, Any]


class Source:
    """Keeps the hash of all that was sent, and makes the messages of the link."""

    def __init__(self) -> None:
        self._version = self._total = 0

    def full(self, **entities: Iterable[Row]) -> bytes:
        """The message that carries these, and nothing else."""
        self._version, self._total = 1, 0
        groups = {kind: {row["id"]: encode(row) for row in rows} for kind, rows in entities.items()}
        for kind, rows in groups.items():
            for key, encoded in rows.items():
                self._total ^= digest(kind, key, encoded)
        return full_message(self._version, self._total, groups)

    def saved(self, **entities: Iterable[Row]) -> Iterator[bytes]:
        """The same as a file that a data process saved."""
        body = self.full(**entities)
        yield b"gopura-snapshot 1 %d %064x %b\n" % (
            self._version,
            self._total,
            hashlib.sha256(body).hexdigest().encode(),
        )
        yield body

    def change(self, kind: str, before: Row | None, after: Row) -> bytes:
        """The delta that puts `after` in the place of `before`."""
        encoded = encode(after)
        self._total ^= digest(kind, after["id"], encoded)
        if before:
            self._total ^= digest(kind, before["id"], encode(before))
        self._version += 1
        return self.delta((kind, after["id"], encoded))

    def nothing(self) -> bytes:
        """The delta of a version that changes nothing here."""
        self._version += 1
        return self.delta()

    def delta(self, *changes: tuple[str, str, bytes]) -> bytes:
        return delta_message(self._version - 1, self._version, self._total, changes)


def key(kind: int, number: int) -> str:
    """An id."""
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def service() -> Row:
    """Where all routes lead."""
    return {
        "id": key(1, 0), "name": "up", "host": "127.0.0.1", "port": 9, "protocol": "http", "path": None, "retries": 5,
        "connect_timeout": 60000, "read_timeout": 60000, "write_timeout": 60000, "enabled": True, "tags": None,
        "created_at": 1700000000, "updated_at": 1700000000, "ca_certificates": None, "client_certificate": None,
        "tls_verify": None, "tls_verify_depth": None,
    }  # fmt: skip


def route(number: int, *more_paths: str) -> Row:
    """One of many, told apart by its path."""
    return {
        "id": key(2, number), "name": f"route-{number}", "paths": [f"/route-{number}/", *more_paths], "hosts": None,
        "methods": None, "headers": None, "snis": None, "sources": None, "destinations": None, "tags": None,
        "protocols": ["http", "https"], "regex_priority": 0, "strip_path": True, "preserve_host": False,
        "path_handling": "v0", "https_redirect_status_code": 426, "request_buffering": True, "response_buffering": True,
        "service": {"id": key(1, 0)}, "created_at": 1700000000, "updated_at": 1700000000,
    }  # fmt: skip


def consumer(number: int) -> Row:
    """One of many."""
    return {
        "id": key(3, number), "username": f"consumer-{number}", "custom_id": None, "tags": None,
        "created_at": 1700000000, "updated_at": 1700000000,
    }  # fmt: skip


def secret(number: int) -> str:
    """A key of 32 letters and digits, as the gateway makes them."""
    return hashlib.md5(orjson.dumps(number), usedforsecurity=False).hexdigest()


def credential(number: int, consumers: int) -> Row:
    """One of many, dealt out to so many consumers."""
    return {
        "id": key(4, number), "key": secret(number), "consumer": {"id": key(3, number % consumers)}, "tags": None,
        "ttl": None, "created_at": 1700000000,
    }  # fmt: skip
