"""The `certificate` phase: asking TLS clients for certificates, and judging them later."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from gopura.plugin import Exchange, Plugin, Response, config
from gopura.testing import Gateway
from tests.engine.certificates import Signed, authority

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


class Mutual(Plugin, name="mutual", priority=1600):
    """Asks for a certificate of an authority, and answers with what came."""

    class Config(config.Record):
        """Whose certificates are believed, and how the handshake is to be."""

        authority: str | None = None
        once: bool = False
        fails: bool = False
        late: bool = False

    handshakes = 0

    def certificate(self, exchange: Exchange, config: Any) -> None:
        """Ask."""
        type(self).handshakes += 1
        assert exchange.tls is not None
        assert exchange.tls.version is None
        if config.fails:
            raise RuntimeError("no")
        exchange.tls.request_certificate(self.authorities(exchange, config))
        if config.once:
            exchange.tls.disable_resumption()

    async def access(self, exchange: Exchange, config: Any) -> Response:
        """Tell."""
        tls = exchange.tls
        if tls is None:
            return exchange.exit(200, {"tls": None})
        if config.late:
            tls.request_certificate()
        result = tls.verify(self.authorities(exchange, config))
        assert tls.client_verify == result
        found = {"subject": tls.subject, "chain": tls.certificate, "result": result, "version": tls.version}
        return exchange.exit(200, found)

    def authorities(self, exchange: Exchange, config: Any) -> list[Any]:
        """The authority that the configuration names."""
        found = exchange.find("ca_certificates", "id", config.authority) if config.authority else None
        return [found] if found else []


CA = "f2b5bf26-9f5b-4b53-9dd8-6f4f0e8aa001"
ROOT, STRANGER = Signed.root("root.test"), Signed.root("stranger.test")
BETWEEN = ROOT.sign("between.test", is_authority=True)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Starts a gateway with TLS whose plugin is configured so."""
    running: list[Gateway] = []

    def make(scope: dict[str, Any] | None = None, **settings: Any) -> Gateway:
        plugin = {"name": "mutual", "config": {"authority": CA} | settings} | (scope or {})
        given = {"plugins": [plugin], "ca_certificates": [{"id": CA, "cert": ROOT.pem}]}
        routes = {"routes": [{"name": "all", "paths": ["/"], "service": "echo"}]}
        if scope:
            routes["routes"].append(
                {"name": "named", "paths": ["/"], "snis": ["mutual.test"], "service": "echo"}
            )
        gateway = Gateway(Mutual, given=routes | given, certificate=authority(tmp_path, "gateway.test"))
        running.append(gateway.start())
        return gateway

    yield make
    for gateway in running:
        gateway.stop()


def context(
    folder: Path, shown: Signed | None = None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """A client that shows this certificate when it is asked."""
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.minimum_version = made.maximum_version = version
    if shown:
        made.load_cert_chain(*shown.write(folder))
    return made


def ask(
    gateway: Gateway, client: ssl.SSLContext, session: ssl.SSLSession | None = None, name: str = "a.test"
) -> tuple[dict[str, Any], ssl.SSLSession | None, bool]:
    """One request; gives what the plugin tells, the session, and whether it was resumed."""
    with (
        socket.create_connection(("127.0.0.1", gateway.tls_port), timeout=5) as wire,
        client.wrap_socket(wire, server_hostname=name, session=session) as secured,
    ):
        secured.sendall(b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: secured.recv(65536), b""))
        return orjson.loads(answer.partition(b"\r\n\r\n")[2]), secured.session, bool(secured.session_reused)


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
@pytest.mark.parametrize(
    ("shown", "result"),
    [
        (None, "NONE"),
        (ROOT.sign("bob.test"), "SUCCESS"),
        (BETWEEN.sign("bob.test"), "SUCCESS"),
        (BETWEEN.sign("far.test", is_authority=True).sign("bob.test"), "FAILED:certificate chain too long"),
        (STRANGER.sign("bob.test"), "FAILED:unknown authority"),
    ],
    ids=["none", "given", "by an authority's authority", "too deep", "by a stranger"],
)
def test_what_the_client_shows(
    start: Callable[..., Gateway], tmp_path: Path, version: ssl.TLSVersion, shown: Signed | None, result: str
) -> None:
    told, _, _ = ask(start(), context(tmp_path, shown, version))
    assert told == {
        "subject": "CN=bob.test" if shown else None,
        "chain": shown.chain if shown else None,
        "result": result,
        "version": "TLSv1.2" if version == ssl.TLSVersion.TLSv1_2 else "TLSv1.3",
    }


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_a_resumed_session_keeps_its_certificate(
    start: Callable[..., Gateway], tmp_path: Path, version: ssl.TLSVersion
) -> None:
    gateway, client = start(), context(tmp_path, ROOT.sign("bob.test"), version)
    first, session, _ = ask(gateway, client)
    again, _, resumed = ask(gateway, client, session)
    assert resumed
    assert first == again


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_a_session_from_before_the_question_is_not_resumed(
    start: Callable[..., Gateway], tmp_path: Path, version: ssl.TLSVersion
) -> None:
    gateway, client = start(), context(tmp_path, ROOT.sign("bob.test"), version)
    gateway.configure({"plugins": []})
    told, session, _ = ask(gateway, client)
    assert "result" not in told
    plugin = {"name": "mutual", "config": {"authority": CA}}
    gateway.configure({"plugins": [plugin], "ca_certificates": [{"id": CA, "cert": ROOT.pem}]})
    told, _, resumed = ask(gateway, client, session)
    assert (told["result"], resumed) == ("SUCCESS", False)


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_a_session_that_shall_not_be_resumed(
    start: Callable[..., Gateway], tmp_path: Path, version: ssl.TLSVersion
) -> None:
    gateway, client = start(once=True), context(tmp_path, ROOT.sign("bob.test"), version)
    _, session, _ = ask(gateway, client)
    told, _, resumed = ask(gateway, client, session)
    assert (told["result"], resumed) == ("SUCCESS", False)


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
def test_a_plugin_that_fails(start: Callable[..., Gateway], tmp_path: Path, version: ssl.TLSVersion) -> None:
    gateway = start(fails=True)
    with pytest.raises(ssl.SSLError, match="INTERNAL_ERROR"):
        ask(gateway, context(tmp_path, None, version))
    assert gateway.get().json() == {"tls": None}


def test_only_the_names_of_its_routes(start: Callable[..., Gateway], tmp_path: Path) -> None:
    gateway, client = start({"route": "named"}), context(tmp_path, ROOT.sign("bob.test"))
    before = Mutual.handshakes
    told, _, _ = ask(gateway, client, name="other.test")
    assert ("result" in told, Mutual.handshakes) == (False, before)
    told, _, _ = ask(gateway, client, name="MUTUAL.test")
    assert (told["result"], Mutual.handshakes) == ("SUCCESS", before + 1)


def test_the_hint_names_the_authority(start: Callable[..., Gateway], tmp_path: Path) -> None:
    """A client learns whose certificates are wanted; `openssl s_client` would print them."""
    chosen: list[str] = []
    client = context(tmp_path)
    client._msg_callback = lambda *message: chosen.append(message[-1].hex())  # type: ignore[attr-defined]
    ask(start(), client)
    assert any(b"root.test".hex() in message for message in chosen)


def test_questions_belong_to_the_handshake(start: Callable[..., Gateway], tmp_path: Path) -> None:
    told, _, _ = ask(start(late=True), context(tmp_path))
    assert told == {"message": "An unexpected error occurred"}
