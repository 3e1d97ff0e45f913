"""What a process gets from the supervisor when it starts, and how it reports back.

Both go over one socket pair. Its number stands in `GOPURA_PROCESS`; the first line is the `Launch` as JSON,
because an environment can be read by others and settings hold secrets. Lines back are events. The end of the
stream tells each side that the other is gone.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from gopura.settings import Listener, Settings
from gopura.supervisor.user import User

VARIABLE = "GOPURA_PROCESS"
_LINE_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Bound:
    """One address with its listening sockets' descriptors: one per worker with `reuseport`, else one."""

    listener: Listener
    fds: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """In the form that the engine reads."""
        flags = {name: self.listener.has(name) for name in ("ssl", "http2", "proxy_protocol")}
        return {"ip": self.listener.ip, "port": self.listener.port, **flags, "fds": list(self.fds)}


@dataclass(frozen=True)
class Launch:
    """Everything that a process needs. `certificates` has pairs of paths by listen setting.

    With `strict` a plugin that cannot be started ends the process instead of being left out. `user` is whom it runs as,
    if not as the supervisor; the process itself is not told.
    """

    settings: Settings
    node_id: str
    workers: int
    foreground: bool
    listeners: dict[str, list[Bound]] = field(default_factory=dict)
    certificates: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    strict: bool = False
    user: User | None = None

    def encode(self) -> bytes:
        """One line of JSON."""
        listeners = {
            name: [{"listener": str(bound.listener), "fds": bound.fds} for bound in all_bound]
            for name, all_bound in self.listeners.items()
        }
        data = self.__dict__ | {"user": None, "settings": self.settings.to_json(), "listeners": listeners}
        return json.dumps(data).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Self:
        """The launch that `encode` wrote."""
        data = json.loads(line)
        data["settings"] = Settings.from_json(data["settings"])
        data["certificates"] = {
            k: [(c, key) for c, key in pairs] for k, pairs in data["certificates"].items()
        }
        data["listeners"] = {
            name: [_bound(item) for item in items] for name, items in data["listeners"].items()
        }
        return cls(**data)


def _bound(item: dict[str, Any]) -> Bound:
    address, *flags = item["listener"].split()
    ip, _, port = address.rpartition(":")
    return Bound(Listener(ip.strip("[]"), int(port), tuple(flags)), tuple(item["fds"]))


class Parent:
    """The supervisor, as a process sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls) -> tuple[Self, Launch]:
        """Take up the connection that the supervisor left in the environment."""
        fd = int(os.environ.pop(VARIABLE))
        reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=fd), limit=_LINE_LIMIT)
        return cls(reader, writer), Launch.decode(await reader.readline())

    def report(self, event: str, **details: Any) -> None:
        """Tell an event: `ready`, or `failed` with a message."""
        self._writer.write(json.dumps({"event": event, **details}).encode() + b"\n")

    async def events(self) -> AsyncIterator[str]:
        """What the supervisor tells, until it is gone."""
        with suppress(ConnectionResetError):
            while line := await self._reader.readline():
                yield json.loads(line)["event"]
