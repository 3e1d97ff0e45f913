"""The parts of Consul's and Vault's HTTP APIs that keep texts by name, after their documentation."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "token-1"
SERVICE_ACCOUNT = "jwt-1"

Answer = tuple[int, Any]
Query = dict[str, list[str]]


class Consul:
    """`/v1/kv`: entries have flags, and an index that each change makes greater."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Any]] = {}
        self._index = 0

    def answer(self, method: str, path: str, query: Query, body: bytes, token: str | None) -> Answer:
        if token != TOKEN:
            return 403, "Permission denied"
        name = path.removeprefix("/v1/kv/")
        if method == "PUT":
            return 200, self._put(name, query, body)
        if method == "DELETE":
            return 200, self._delete(name, query)
        if "keys" in query:
            found = [key for key in self._entries if key.startswith(name)]
            return (200, found) if found else (404, None)
        return (200, [self._entries[name]]) if name in self._entries else (404, None)

    def _put(self, name: str, query: Query, body: bytes) -> bool:
        if not self._fits(name, query):
            return False
        self._index += 1
        flags = int(query.get("flags", ["0"])[0])
        value = base64.b64encode(body).decode()
        self._entries[name] = {"Key": name, "Value": value, "Flags": flags, "ModifyIndex": self._index}
        return True

    def _delete(self, name: str, query: Query) -> bool:
        if not self._fits(name, query):
            return False
        self._entries.pop(name, None)
        return True

    def _fits(self, name: str, query: Query) -> bool:
        present = self._entries.get(name, {"ModifyIndex": 0})["ModifyIndex"]
        return "cas" not in query or int(query["cas"][0]) == present


class Vault:
    """The key/value engine, version 2, mounted at `kv`: versions that vanish after the time in the metadata."""

    def __init__(self) -> None:
        self._secrets: dict[str, dict[str, Any]] = {}

    def answer(self, method: str, path: str, query: Query, body: bytes, token: str | None) -> Answer:
        given = json.loads(body or b"{}")
        if path == "/v1/auth/kubernetes/login":
            fits = given == {"role": "gateway", "jwt": SERVICE_ACCOUNT}
            return (200, {"auth": {"client_token": TOKEN}}) if fits else (403, {"errors": ["refused"]})
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        kind, _, name = path.removeprefix("/v1/kv/").partition("/acme/")
        return self._data(method, name, given) if kind == "data" else self._metadata(method, name, given)

    def _data(self, method: str, name: str, given: dict[str, Any]) -> Answer:
        secret = self._secrets.setdefault(name, {"version": 0, "after": 0.0, "until": 0.0})
        if method == "POST":
            if given["options"].get("cas", secret["version"]) != secret["version"]:
                return 400, {"errors": ["check-and-set parameter did not match the current version"]}
            secret["version"] += 1
            secret["data"] = given["data"]
            secret["until"] = time.time() + secret["after"] if secret["after"] else float("inf")
            return 200, {"data": {"version": secret["version"]}}
        if secret["until"] <= time.time():
            return 404, {"data": {"data": None, "metadata": {}}}
        return 200, {"data": {"data": secret["data"], "metadata": {"version": secret["version"]}}}

    def _metadata(self, method: str, name: str, given: dict[str, Any]) -> Answer:
        if method == "LIST":
            return (200, {"data": {"keys": list(self._secrets)}}) if self._secrets else (404, {"errors": []})
        if method == "DELETE":
            self._secrets.pop(name, None)
            return 204, None
        if method == "POST":
            secret = self._secrets.setdefault(name, {"version": 0, "after": 0.0, "until": 0.0})
            secret["after"] = float(given["delete_version_after"].removesuffix("s"))
            return 204, None
        if name not in self._secrets:
            return 404, {"errors": []}
        return 200, {"data": {"current_version": self._secrets[name]["version"]}}


@contextmanager
def serving(kind: str) -> Iterator[int]:
    """Such a server on a free port, empty."""
    state = Consul() if kind == "consul" else Vault()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            token = self.headers.get(f"X-{kind.title()}-Token")
            query = parse_qs(url.query, keep_blank_values=True)
            with lock:
                status, answer = state.answer(self.command, unquote(url.path), query, body, token)
            text = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_PUT = do_POST = do_DELETE = do_LIST = respond  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
