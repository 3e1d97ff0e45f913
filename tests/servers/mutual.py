"""An upstream that asks for certificates."""

import socket
import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID


def name_of(der: bytes) -> str:
    (attribute,) = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attribute.value)


class Mutual:
    """An HTTPS server that asks for a certificate; answers with the name in it, and the name in the SNI."""

    def __init__(self, trusted: Path, own: tuple[Path, Path], *, demands: bool = False) -> None:
        self.chain, key = own
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.chain, key)
        context.load_verify_locations(trusted)
        context.verify_mode = ssl.CERT_REQUIRED if demands else ssl.CERT_OPTIONAL
        context.sni_callback = lambda _, name, __: self.names.append(name)
        self.names: list[str | None] = []
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._listening.accept()
            except OSError:
                return
            with (
                closing(wire),
                suppress(OSError),
                self._context.wrap_socket(wire, server_side=True) as secured,
            ):
                secured.recv(65536)
                der = secured.getpeercert(binary_form=True)
                name = name_of(der).encode() if der else b"nobody"
                secured.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(name), name))

    def stop(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
