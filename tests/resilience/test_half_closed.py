"""An upstream that closes its half of the connection and keeps the other half open."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.engine.proxy import Answer, Config, Proxy

CASES = {
    "before the response": (b"", 502, b""),
    "in the head": (b"HTTP/1.1 200 OK\r\nContent-Le", 502, b""),
    "in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfour", 200, b"four"),
    "after a response that ends so": (b"HTTP/1.1 200 OK\r\n\r\nall of it", 200, b"all of it"),
    "after a complete response": (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfour", 200, b"four"),
}
CUT = "in the body"


class HalfClosed:
    """Answers the first request of each connection, closes its half, and holds the other until the end."""

    def __init__(self, answer: bytes) -> None:
        self.connections: list[socket.socket] = []
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            self.connections.append(connection)
            seen = b""
            while b"\r\n\r\n" not in seen:
                piece = connection.recv(65536)
                if not piece:
                    return
                seen += piece
            connection.sendall(self._answer)
            connection.shutdown(socket.SHUT_WR)

    def stop(self) -> None:
        """End the thread by a connection that sends nothing."""
        socket.create_connection(("127.0.0.1", self.port)).close()
        self._thread.join()
        for connection in [self._listening, *self.connections]:
            connection.close()


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, proxy: Proxy) -> Iterator[tuple[str, HalfClosed]]:
    """A name of the table with its upstream, to which every path leads."""
    server = HalfClosed(CASES[request.param][0])
    config = Config()
    config.route(config.service(server.port, retries=0), paths=["/"])
    proxy.serve(config)
    yield request.param, server
    server.stop()


def test_every_request_ends_alike(case: tuple[str, HalfClosed], proxy: Proxy) -> None:
    name, server = case
    _, status, body = CASES[name]
    for number in (1, 2, 3):  # a connection that was closed is not taken from the pool
        answer: Answer = proxy.get("/")
        assert answer.status == status
        assert status != 200 or answer.body == body
        assert len(server.connections) == number
    if name == CUT:
        assert answer.header("content-length") == "9"
