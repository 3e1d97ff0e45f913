"""An engine in this process, fed with entities directly, and a raw HTTP client for it."""

import hashlib
import json
import socket
import uuid
from dataclasses import dataclass, field
from typing import Any

from gopura._engine import Engine
from tests.waiting import PATIENCE

# No time-out of a service strikes because the machine stood still; a test of time-outs has its own.
TIMES = dict.fromkeys(("connect_timeout", "write_timeout", "read_timeout"), int(PATIENCE * 1000))


@dataclass
class Answer:
    """A response as it came over the wire."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first value of a header."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass
class Config:
    """Entities of one snapshot."""

    entities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def add(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Add an entity with a new id."""
        row = {"id": str(uuid.uuid4()), **fields}
        self.entities.setdefault(kind, []).append(row)
        return row

    def service(self, port: int, **fields: Any) -> dict[str, Any]:
        """A service on 127.0.0.1."""
        defaults = {
            "protocol": "http",
            "host": "127.0.0.1",
            "port": port,
            "path": None,
            "retries": 5,
            **TIMES,
        }
        return self.add("services", **(defaults | fields))

    def route(self, service: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
        """A route to the service."""
        defaults = {"protocols": ["http", "https"], "strip_path": True, "created_at": 1, "updated_at": 1}
        reference = {"id": service["id"]} if service else None
        return self.add("routes", **(defaults | {"service": reference} | fields))

    def message(self, version: int = 1) -> bytes:
        """A full snapshot."""
        total = 0
        parts = []
        for kind, rows in self.entities.items():
            texts = [json.dumps(row, sort_keys=True).encode() for row in rows]
            for row, text in zip(rows, texts, strict=True):
                digest = hashlib.sha256(f"{kind}\0{row['id']}\0".encode() + text).digest()
                total ^= int.from_bytes(digest, "big")
            parts.append(json.dumps(kind).encode() + b":[" + b",".join(texts) + b"]")
        head = f'{{"type":"snapshot","version":{version},"hash":"{total:064x}","entities":{{'.encode()
        return head + b",".join(parts) + b"}}"


class Proxy:
    """One engine with a plain listener, a status listener and whatever the settings add.

    `outer_port` is the one under which clients see the plain listener; `send_buffer` is how much the kernel holds of
    what clients have not read.
    """

    def __init__(
        self, outer_port: int | None = None, send_buffer: int | None = None, **settings: Any
    ) -> None:
        self._sockets = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(3)]
        for listening in self._sockets if send_buffer else ():
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
        self.port, self.status_port, self.tls_port = (it.getsockname()[1] for it in self._sockets)
        plain, status, tls = ({"ip": "127.0.0.1", "fds": [it.fileno()]} for it in self._sockets)
        listeners = [plain | {"http2": True}, tls | {"ssl": True, "http2": True}]
        defaults = {"workers": 1, "listeners": listeners, "status_listeners": [status], "log_level": "crit"}
        maps = {"port_maps": [f"{outer_port}:{self.port}"]} if outer_port else {}
        self.engine = Engine(json.dumps(defaults | maps | settings).encode())
        self.engine.start()

    def serve(self, config: Config, version: int = 1) -> None:
        """Make a configuration the current one."""
        self.engine.commit(self.engine.prepare(config.message(version)), {})

    def connect(self, port: int | None = None, timeout: float = PATIENCE) -> socket.socket:
        """A connection to the plain listener, or to another port."""
        return socket.create_connection(("127.0.0.1", port or self.port), timeout=timeout)

    def raw(self, *pieces: bytes, port: int | None = None, timeout: float = PATIENCE) -> bytes:
        """Send pieces on a new connection and give back everything until it is closed."""
        with self.connect(port, timeout) as client:
            for piece in pieces:
                client.sendall(piece)
            return b"".join(iter(lambda: client.recv(65536), b""))

    def get(
        self, path: str, host: str = "a.test", method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """One request on its own connection."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body is not None else []
        return parse(self.raw("\r\n".join([*lines, "", ""]).encode() + (body or b"")))

    def status(self, path: str) -> Answer:
        """One request to the status API."""
        with self.connect(self.status_port) as client:
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            client.shutdown(socket.SHUT_WR)
            return parse(b"".join(iter(lambda: client.recv(65536), b"")))

    def stop(self) -> None:
        """Stop the engine and close the sockets."""
        self.engine.stop()
        for listening in self._sockets:
            listening.close()


def parse(raw: bytes) -> Answer:
    """Take a response apart; a chunked body is joined."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    _, status, reason = [*first.split(" ", 2), ""][:3]
    headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
    answer = Answer(int(status), reason, headers, body)
    if (answer.header("transfer-encoding") or "") == "chunked":
        answer.body = join_chunks(body)
    return answer


def join_chunks(body: bytes) -> bytes:
    """The content of a chunked body."""
    joined = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        joined, body = joined + rest[:length], rest[length + 2 :]
        if not length:
            break
    return joined
