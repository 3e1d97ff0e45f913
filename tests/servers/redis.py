"""A Redis server from the distribution."""

import socket

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program


class Redis:
    """A server that keeps nothing on disk."""

    host = "127.0.0.1"

    def __init__(self, *options: str) -> None:
        self._server = ServerProcess("redis")
        self._options = options
        self.port = free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://{self.host}:{self.port}/0"

    def start(self) -> None:
        """Start the server (again, after `halt`) on the same port, empty."""
        binary = str(program("redis-server", "redis-server"))
        address = ["--bind", self.host, "--port", str(self.port)]
        self._server.start(
            [binary, *address, "--save", "", "--appendonly", "no", *self._options], self._ready
        )

    def _ready(self) -> bool:
        try:
            # Any answer will do: a server that wants a password says so.
            return self.command("PING")[:1] in (b"+", b"-")
        except OSError:
            return False

    def command(self, *words: str) -> bytes:
        """Send one command; returns the first bytes of the answer as they came."""
        with socket.create_connection((self.host, self.port), timeout=5) as connection:
            parts = "".join(f"${len(word.encode())}\r\n{word}\r\n" for word in words)
            connection.sendall(f"*{len(words)}\r\n{parts}".encode())
            return connection.recv(65536)

    def flush(self) -> None:
        """Delete every key."""
        self.command("FLUSHALL")

    def halt(self) -> None:
        self._server.halt()

    def stop(self) -> None:
        self._server.stop()
