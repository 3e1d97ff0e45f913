"""An upstream server that answers with a description of the request, or as the path asks.

| path ends in       | answer                                                          |
|--------------------|-----------------------------------------------------------------|
| `/status/N`        | that status                                                     |
| `/delay/MS`        | after so many milliseconds                                      |
| `/held`            | once `release` was called                                       |
| `/bytes/N`         | a body of N bytes                                               |
| `/chunked`         | the description, in chunks                                      |
| `/headers?a=b&c=d` | with these response headers besides                             |
| `/cut`             | none: the connection is closed                                  |
| `/websocket`       | an upgrade; the first text message is sent back, then it closes |
"""

import base64
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.waiting import PATIENCE


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire; header names keep their case and order."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    client_port: int

    def header(self, name: str) -> str | None:
        """The first value of a header, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def describe(self, server: str) -> bytes:
        """What the echo answers: JSON with lower-case header names."""
        split = urlsplit(self.target)
        seen: dict[str, Any] = {
            "server": server,
            "method": self.method,
            "target": self.target,
            "path": split.path,
            "query": parse_qsl(split.query, keep_blank_values=True),
            "headers": {key.lower(): value for key, value in self.headers},
            "raw_headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "client_port": self.client_port,
        }
        return json.dumps(seen).encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # whatever the method
            return self._answer
        raise AttributeError(name)

    def log_message(self, *args: Any) -> None:
        """The requests themselves are kept, so nothing is printed."""

    def _answer(self) -> None:
        received = Received(
            self.command, self.path, list(self.headers.items()), self._body(), self.client_address[1]
        )
        self.server.echo.received.append(received)
        split = urlsplit(self.path)
        asked = re.search(r"/(status|delay|bytes)/(\d+)$|/(chunked|cut|headers|held|websocket)$", split.path)
        kind = (asked[1] or asked[3]) if asked else ""
        number = int(asked[2]) if asked and asked[2] else 0
        body = received.describe(self.server.echo.name)
        if kind == "cut":
            self.close_connection = True
        elif kind == "websocket":
            self._websocket()
        elif kind == "chunked":
            self._reply(200, b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), [("Transfer-Encoding", "chunked")])
        else:
            if kind == "delay":
                time.sleep(number / 1000)
            if kind == "held":
                self.server.echo.released.wait(PATIENCE)
            self._reply(
                number if kind == "status" else 200,
                b"x" * number if kind == "bytes" else body,
                parse_qsl(split.query) if kind == "headers" else [],
            )

    def _body(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _reply(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        names = {name.lower() for name, _ in headers}
        bare = status in (204, 304)
        self.send_response(status)
        if "content-type" not in names and not bare:
            headers = [*headers, ("Content-Type", "application/json")]
        if "transfer-encoding" not in names and not bare:
            headers = [*headers, ("Content-Length", str(len(body)))]
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and not bare:
            self.wfile.write(body)

    def _websocket(self) -> None:
        key = self.headers.get("Sec-WebSocket-Key") or ""
        magic = f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()
        accept = base64.b64encode(hashlib.sha1(magic).digest()).decode()
        self.send_response(101)
        for name, value in (
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept),
        ):
            self.send_header(name, value)
        self.end_headers()
        length = self.rfile.read(2)[1] & 127
        mask, data = self.rfile.read(4), self.rfile.read(length)
        text = bytes(byte ^ mask[place % 4] for place, byte in enumerate(data))
        self.wfile.write(bytes([0x81, length]) + text + b"\x88\x02\x03\xe8")
        self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, echo: "Echo", port: int) -> None:
        self.echo = echo
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no fault of the test."""


class Echo:
    """A running echo server; `received` holds every request that it got."""

    host = "127.0.0.1"

    def __init__(self, name: str = "echo", port: int = 0) -> None:
        self.name = name
        self.received: list[Received] = []
        self.released = threading.Event()
        self._server = _Server(self, port)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def release(self) -> None:
        """Answer what is held, and whatever comes to `/held` later."""
        self.released.set()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
