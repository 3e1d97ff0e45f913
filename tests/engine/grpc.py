"""A server and a client that speak just enough gRPC: HTTP/2 with trailers, without messages' meaning."""

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

from tests.waiting import PATIENCE


@dataclass
class Stream:
    """What came over one stream."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trailers: dict[str, str] = field(default_factory=dict)


def _text(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {bytes(name).decode(): bytes(value).decode() for name, value in pairs}


class GrpcEcho:
    """Answers each request with its body and `grpc-status: 0` in trailers; keeps what it got."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.received: list[Stream] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        protocol = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        protocol.initiate_connection()
        streams: dict[int, Stream] = {}
        with wire, suppress(OSError):
            wire.sendall(protocol.data_to_send())
            while data := wire.recv(65536):
                for event in protocol.receive_data(data):
                    self._handle(protocol, streams, event)
                wire.sendall(protocol.data_to_send())

    def _handle(
        self, protocol: h2.connection.H2Connection, streams: dict[int, Stream], event: h2.events.Event
    ) -> None:
        if isinstance(event, h2.events.RequestReceived):
            streams[event.stream_id] = Stream(_text(event.headers))
            protocol.send_headers(event.stream_id, [(":status", "200"), ("content-type", "application/grpc")])
        elif isinstance(event, h2.events.DataReceived):
            streams[event.stream_id].body += event.data
            protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            protocol.send_data(event.stream_id, event.data)
        elif isinstance(event, h2.events.StreamEnded):
            self.received.append(streams[event.stream_id])
            protocol.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)


class GrpcClient:
    """One connection by prior knowledge."""

    def __init__(self, port: int) -> None:
        self._wire = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._protocol = h2.connection.H2Connection()
        self._protocol.initiate_connection()

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def start(self, path: str, **headers: str) -> int:
        """Open a stream; gives its number."""
        number = self._protocol.get_next_available_stream_id()
        lines = [(":method", "POST"), (":scheme", "http"), (":authority", "a.test"), (":path", path)]
        lines += [("content-type", "application/grpc"), ("te", "trailers"), *headers.items()]
        self._protocol.send_headers(number, lines)
        return number

    def send(self, number: int, data: bytes, last: bool = False) -> None:
        """Send a piece of the body."""
        self._protocol.send_data(number, data, end_stream=last)
        self._wire.sendall(self._protocol.data_to_send())

    def read(self, number: int, length: int | None = None) -> Stream:
        """Read until so many bytes are there, or the stream ends."""
        stream = Stream()
        while length is None or len(stream.body) < length:
            ended = False
            for event in self._protocol.receive_data(self._wire.recv(65536)):
                if isinstance(event, h2.events.ResponseReceived):
                    stream.headers = _text(event.headers)
                elif isinstance(event, h2.events.DataReceived):
                    stream.body += event.data
                    self._protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.TrailersReceived):
                    stream.trailers = _text(event.headers)
                ended |= isinstance(event, h2.events.StreamEnded | h2.events.StreamReset)
            self._wire.sendall(self._protocol.data_to_send())
            if ended:
                break
        return stream
