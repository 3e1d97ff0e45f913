"""The `certificate` phase chooses what the gateway presents; plain methods may leave the rest to a coroutine."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from gopura.plugin import Exchange, Plugin
from gopura.testing import Gateway
from tests.engine.certificates import Signed, authority

OTHER, AGAIN = Signed.root("other.test"), Signed.root("again.test")
_FORM = (
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
PAIRS = {it.pem: it.key.private_bytes(*_FORM).decode() for it in (OTHER, AGAIN)}


class Presenter(Plugin, name="presenter"):
    """Presents what the server name stands for; the second after a while."""

    def certificate(self, exchange: Exchange, config: Any) -> Awaitable[None] | None:
        assert exchange.tls is not None
        match exchange.tls.server_name:
            case "other.test":
                exchange.tls.present(OTHER.pem, PAIRS[OTHER.pem])
            case "again.test":
                return self.later(exchange)
            case "unusable.test":
                exchange.tls.present(OTHER.pem, "no key")
        return None

    async def later(self, exchange: Exchange) -> None:
        await asyncio.sleep(0.01)
        assert exchange.tls is not None
        exchange.tls.present(AGAIN.pem, PAIRS[AGAIN.pem])

    def access(self, exchange: Exchange, config: Any) -> Awaitable[None] | None:
        return self.answer(exchange) if exchange.request.path == "/waits" else None

    async def answer(self, exchange: Exchange) -> None:
        await asyncio.sleep(0.01)
        exchange.exit(299, "waited")


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with Gateway(Presenter, certificate=authority(tmp_path, "default.test")) as running:
        yield running


def presented(gateway: Gateway, name: str) -> str:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", gateway.tls_port), timeout=10) as connection,
        context.wrap_socket(connection, server_hostname=name) as session,
    ):
        return ssl.DER_cert_to_PEM_cert(session.getpeercert(binary_form=True) or b"")


def test_presented(gateway: Gateway, tmp_path: Path) -> None:
    default = presented(gateway, "default.test")
    for _ in range(2):
        assert presented(gateway, "other.test") == OTHER.pem
        assert presented(gateway, "again.test") == AGAIN.pem
        assert presented(gateway, "any.test") == default
    assert default not in PAIRS


def test_a_pair_that_cannot_be_used_refuses_the_handshake(gateway: Gateway) -> None:
    with pytest.raises((ssl.SSLError, OSError)):
        presented(gateway, "unusable.test")
    assert presented(gateway, "other.test") == OTHER.pem


def test_a_plain_method_may_return_a_coroutine(gateway: Gateway) -> None:
    assert gateway.get("/").status == 200
    assert (gateway.get("/waits").status, gateway.get("/waits").body) == (299, b"waited")
