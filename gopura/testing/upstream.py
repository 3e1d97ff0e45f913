"""An upstream for tests that keeps what it received and echoes it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Received:
    """A request as the upstream got it."""

    method: str
    path: str
    query: str
    """What follows the `?`, as it was sent: `urllib.parse.parse_qs` takes it apart."""
    headers: Message
    """By name, without regard to case; None for one that did not come."""
    body: bytes


@dataclass
class Reply:
    """What the upstream answers; without a body it echoes the request as JSON: method, path, query, headers, body."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    """Beside Content-Type (`application/json`) and Content-Length, or instead of them."""
    body: bytes | None = None


class Upstream:
    """A server on a free port of the loopback; `reply` may be changed, or be a function of the request."""

    def __init__(self, reply: Reply | Callable[[Received], Reply] | None = None) -> None:
        self.requests: list[Received] = []
        self.reply = reply or Reply()
        upstream = self

        class Handler(_Handler):
            owner = upstream

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Received:
        """The newest request."""
        return self.requests[-1]

    def answer(self, received: Received) -> Reply:
        """Keep the request and say what it gets."""
        self.requests.append(received)
        return self.reply(received) if callable(self.reply) else self.reply

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Connections beyond the queue would be tried again after a second.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body go out together: written apart, the second would wait for the acknowledgement of the first.
    wbufsize = -1
    owner: Upstream

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        received = Received(self.command, parts.path, parts.query, self.headers, self._body())
        reply = self.owner.answer(received)
        self._reply(reply, _echo(received) if reply.body is None else reply.body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline().split(b";")[0], 16))
        self.rfile.readline()
        return chunk

    def _reply(self, reply: Reply, body: bytes) -> None:
        self.send_response_only(reply.status)
        named = {name.lower() for name in reply.headers}
        usual = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        left = {name: value for name, value in usual.items() if name.lower() not in named}
        for name, value in (left | reply.headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


def _echo(received: Received) -> bytes:
    headers = {name.lower(): value for name, value in received.headers.items()}
    body = received.body.decode("utf-8", "replace")
    value = {"method": received.method, "path": received.path, "query": received.query, "headers": headers}
    return json.dumps(value | {"body": body}).encode()
