"""An HTTPS server as OpenSSL makes them, with whatever old certificate, cipher or version is asked for."""

import socket
import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path


class OldTls:
    """Answers each request with its own body, or with the length of it."""

    def __init__(
        self,
        own: tuple[Path, Path],
        ciphers: str = "ALL",
        version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
        trusted: Path | None = None,
        protocols: list[str] | None = None,
    ) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers(f"{ciphers}:@SECLEVEL=0")
        context.maximum_version = version
        context.load_cert_chain(*own)
        if trusted:
            context.load_verify_locations(trusted)
            context.verify_mode = ssl.CERT_REQUIRED
        if protocols:
            context.set_alpn_protocols(protocols)
        self.agreed: list[tuple[str | None, str]] = []
        self.attempts = 0
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        """Accept no more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._listening.accept()
            except OSError:
                return
            self.attempts += 1
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        with (
            closing(wire),
            suppress(OSError),
            self._context.wrap_socket(wire, server_side=True) as secured,
            secured.makefile("rb") as reader,
        ):
            cipher = secured.cipher()
            self.agreed.append((secured.version(), cipher[0] if cipher else ""))
            while reader.readline():
                length = 0
                while (line := reader.readline()) not in (b"\r\n", b""):
                    name, _, value = line.partition(b":")
                    length = int(value) if name.lower() == b"content-length" else length
                body = reader.read(length) or b"ok"
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
