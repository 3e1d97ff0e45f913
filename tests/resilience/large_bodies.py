"""Bodies of any size through the gateway, and the memory that they cost."""

import socket
import threading

import psutil

PIECE = bytes(2**20)


class Peak:
    """The most resident memory of a process, in bytes more than at the start, while the block runs."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.growth = 0

    def _watch(self) -> None:
        while not self._over.wait(0.005):
            self.growth = max(self.growth, self._process.memory_info().rss - self._before)

    def __enter__(self) -> "Peak":
        self._before = self._process.memory_info().rss
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()


def read_head(connection: socket.socket) -> tuple[str, int]:
    """A head, lower-case, and how much of the body came with it."""
    seen = b""
    while b"\r\n\r\n" not in seen:
        piece = connection.recv(65536)
        assert piece, "closed in a head"
        seen += piece
    head, _, body = seen.partition(b"\r\n\r\n")
    return head.decode("latin-1").lower(), len(body)


def read_body(connection: socket.socket, seen: int, size: int) -> int:
    """Read and forget a body of a known size; returns what came, less when it was cut off."""
    room = bytearray(2**20)
    while seen < size and (count := connection.recv_into(room)):
        seen += count
    return seen


def send_body(connection: socket.socket, size: int) -> None:
    for _ in range(size // len(PIECE)):
        connection.sendall(PIECE)


class Upstream:
    """Counts the bytes of a PUT, and answers a GET of `/N` with N bytes; one connection at a time."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                head, came = read_head(connection)
                size = int(head.split(" ")[1].strip("/"))
                if head.startswith("stop"):
                    return
                if head.startswith("put"):
                    came = read_body(connection, came, size)
                    size = 0
                first = f"HTTP/1.1 200 OK\r\nConnection: close\r\nX-Came: {came}\r\nContent-Length: {size}\r\n\r\n"
                connection.sendall(first.encode())
                send_body(connection, size)

    def stop(self) -> None:
        port = self._listening.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"STOP /0 HTTP/1.1\r\n\r\n")
        self._thread.join()
        self._listening.close()
