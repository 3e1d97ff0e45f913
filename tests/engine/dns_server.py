"""A name server whose answers the test writes."""

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

A, SRV = 1, 33
NO_ERROR, SERVER_FAILURE, NAME_ERROR = 0, 2, 3
Records = list[tuple[int, bytes]]


def name(text: str) -> bytes:
    """A name as it goes over the wire."""
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def address(ip: str) -> tuple[int, bytes]:
    """An A record."""
    return A, socket.inet_aton(ip)


def service(port: int, target: str, priority: int = 1, weight: int = 1) -> tuple[int, bytes]:
    """An SRV record."""
    return SRV, struct.pack("!HHH", priority, weight, port) + name(target)


class DnsServer:
    """Answers over UDP. `answer(name, type)` gives records, or an error's code; `asked` holds what came."""

    def __init__(self, answer: Callable[[str, int], Records | int], ttl: int = 60) -> None:
        self.answer, self.ttl = answer, ttl
        self.asked: list[tuple[str, int]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Answer no more."""
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                query, sender = self._socket.recvfrom(4096)
                self._socket.sendto(self._reply(query), sender)

    def _reply(self, query: bytes) -> bytes:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += query[at] + 1
        question, asked = ".".join(labels).lower(), struct.unpack("!H", query[at + 1 : at + 3])[0]
        self.asked.append((question, asked))
        found = self.answer(question, asked)
        code, records = (found, []) if isinstance(found, int) else (NO_ERROR, found)
        head = query[:2] + struct.pack("!HHHHH", 0x8180 | code, 1, len(records), 0, 0)
        lines = (
            b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, self.ttl, len(data)) + data for kind, data in records
        )
        return head + query[12 : at + 5] + b"".join(lines)
