"""A scripted HTTP/2 server over TLS: what it does to each request is a function of the test's."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import h2.config
import h2.connection
import h2.events
import h2.settings

_FRAME = 16384


@dataclass
class Asked:
    """One request."""

    wire: "Wire"
    stream: int
    headers: dict[str, str]
    body: bytes = b""

    def answer(
        self, body: bytes = b"", *, status: str = "200", trailers: dict[str, str] | None = None
    ) -> None:
        """Answer; the body must fit into the client's window."""
        protocol = self.wire.protocol
        protocol.send_headers(self.stream, [(":status", status)], end_stream=not body and not trailers)
        for start in range(0, len(body), _FRAME):
            piece = body[start : start + _FRAME]
            last = start + _FRAME >= len(body) and not trailers
            protocol.send_data(self.stream, piece, end_stream=last)
        if trailers:
            protocol.send_headers(self.stream, list(trailers.items()), end_stream=True)


@dataclass
class Wire:
    """One connection."""

    socket: ssl.SSLSocket
    protocol: h2.connection.H2Connection
    number: int
    """Counted from 1."""
    asked: dict[int, Asked] = field(default_factory=dict)

    def send(self) -> None:
        """Send what the protocol has to say."""
        self.socket.sendall(self.protocol.data_to_send())

    def hang_up(self) -> None:
        """Close without a good-bye."""
        self.send()
        self.socket.shutdown(socket.SHUT_RDWR)


Script: TypeAlias = Callable[[Asked], None]


class Http2Origin:
    """Hands each complete request to the script; HTTP/1.1 clients get the protocol's name only."""

    def __init__(self, certificate: tuple[Path, Path], script: Script, streams: int = 100) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._context.set_alpn_protocols(["h2", "http/1.1"])
        self._script, self._streams = script, streams
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.connections = 0
        self.open = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(accepted, self.connections), daemon=True).start()

    def _serve(self, accepted: socket.socket, number: int) -> None:
        with suppress(OSError), self._context.wrap_socket(accepted, server_side=True) as secured:
            if secured.selected_alpn_protocol() != "h2":
                return self._speak_http1(secured)
            protocol = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
            limit = {h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: self._streams}
            protocol.local_settings = h2.settings.Settings(client=False, initial_values=limit)
            protocol.initiate_connection()
            self.open += 1
            try:
                self._run(Wire(secured, protocol, number))
            finally:
                self.open -= 1

    def _speak_http1(self, secured: ssl.SSLSocket) -> None:
        secured.recv(65536)
        secured.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nHTTP/1.1")

    def _run(self, wire: Wire) -> None:
        wire.send()
        while data := wire.socket.recv(65536):
            for event in wire.protocol.receive_data(data):
                self._handle(wire, event)
            wire.send()

    def _handle(self, wire: Wire, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.RequestReceived):
            headers = {bytes(name).decode(): bytes(value).decode() for name, value in event.headers}
            wire.asked[event.stream_id] = Asked(wire, event.stream_id, headers)
        elif isinstance(event, h2.events.DataReceived):
            wire.asked[event.stream_id].body += event.data
            wire.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self._script(wire.asked.pop(event.stream_id))
