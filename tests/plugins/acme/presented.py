"""What a gateway presents to a TLS client."""

import socket
import ssl
import time
from collections.abc import Callable

from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.servers.gateway import Gateway

WAIT_SECONDS = 40.0


def presented(gateway: Gateway, name: str) -> x509.Certificate:
    """The certificate for a server name."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((gateway.host, gateway.tls_port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name) as session,
    ):
        return x509.load_der_x509_certificate(session.getpeercert(binary_form=True) or b"")


def issuer(certificate: x509.Certificate) -> str:
    """The common name of who signed it."""
    return str(certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def names(certificate: x509.Certificate) -> list[str]:
    """The DNS names that it is for."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.get_values_for_type(x509.DNSName)


def until(true: Callable[[], bool]) -> None:
    """Wait for what a gateway does in the background."""
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)
