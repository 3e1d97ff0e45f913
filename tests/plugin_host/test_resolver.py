"""Whatever plugins connect to is found by the node's resolver, whose answers are a test's here."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from acme.client import ClientNetwork

from gopura._engine import Resolver as Names
from gopura.plugin.node import Node
from gopura.plugin.redis import Server
from gopura.plugins.acme.connecting import Connecting
from gopura.plugins.acme.storage.web import Web
from gopura.plugins.ldap_auth.directory import Address, Connection
from gopura.plugins.tcp_log import TcpLog
from gopura.resolver import Resolver, here, is_name, resolve_by
from gopura.supervisor.loop import ResolvingLoop
from gopura.testing import Gateway
from gopura.testing.upstream import Upstream
from tests.engine.dns_server import SRV, A, DnsServer, Records, address, service
from tests.waiting import wait_for


class Listening:
    """Notes what arrives by TCP and UDP on one port, and answers nothing."""

    def __init__(self) -> None:
        self.seen: list[bytes] = []
        self._tcp = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._tcp.getsockname()[1]
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        for work in (self._accept, self._receive):
            threading.Thread(target=work, daemon=True).start()

    def stop(self) -> None:
        for wire in (self._tcp, self._udp):
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
            wire.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._tcp.accept()
                with connection:
                    self.seen.append(connection.recv(1000))

    def _receive(self) -> None:
        with suppress(OSError):
            while received := self._udp.recv(1000):
                self.seen.append(received)


@pytest.fixture(scope="module")
def listening() -> Iterator[Listening]:
    server = Listening()
    yield server
    server.stop()


def answer(name: str, kind: int) -> Records:
    """`srv_*` names have SRV records, with the port in the name; all others an address."""
    if kind == SRV and name.startswith("srv_"):
        return [service(int(name.split(".")[1]), "one_host.test")]
    return [address("127.0.0.1")] if kind == A else []


@pytest.fixture(scope="module")
def dns() -> Iterator[DnsServer]:
    server = DnsServer(answer)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(dns: DnsServer) -> Iterator[Gateway]:
    with Gateway(settings={"dns_resolver": [dns.address]}) as running:
        yield running


def on(gateway: Gateway, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, gateway.loop).result(10)


async def by_http(node: Node, host: str, port: int) -> None:
    await node.http.request("GET", f"http://{host}:{port}/", timeout=5)


async def by_redis(node: Node, host: str, port: int) -> None:
    await node.redis.client(Server(host, port)).ping()


async def by_tcp(node: Node, host: str, port: int) -> None:
    settings = TcpLog.Config.load({"host": host, "port": port})
    target = TcpLog(node).prepare(settings, use=None)  # type: ignore[arg-type]
    await target.send([b"a line\n"])
    assert target._writer
    target._writer.close()


async def by_udp(node: Node, host: str, port: int) -> None:
    node.datagrams.send(host, port, b"a line")


async def by_ldap(_: Node, host: str, port: int) -> None:
    connection = await Connection.open(Address(host, port, ldaps=False, start_tls=False, verify=False))
    try:
        await connection.bind("cn=a", "b")
    finally:
        connection.close()


async def by_acme_storage(_: Node, host: str, port: int) -> None:
    await Web("a store", f"http://{host}:{port}", {}, None, verify=False).ask("GET", "/")


async def by_acme(_: Node, host: str, port: int) -> None:
    network = ClientNetwork(timeout=5)
    network.session.mount("http://", Connecting(ssl.create_default_context(), here()))
    try:
        await asyncio.to_thread(network.session.get, f"http://{host}:{port}/")
    finally:
        network.session.close()


CLIENTS: list[Callable[[Node, str, int], Any]] = [
    by_http,
    by_redis,
    by_tcp,
    by_udp,
    by_ldap,
    by_acme_storage,
    by_acme,
]


@pytest.mark.parametrize("host", ["my_logs", "srv_{port}.{port}.test"])
@pytest.mark.parametrize("client", CLIENTS)
def test_clients_of_plugins(
    gateway: Gateway, listening: Listening, client: Callable[[Node, str, int], Any], host: str
) -> None:
    name, port = host.format(port=listening.port), 9 if host.startswith("srv_") else listening.port
    with suppress(Exception):  # nobody answers: what arrives counts
        on(gateway, client(gateway.node, name, port))
    wait_for(lambda: listening.seen)
    listening.seen.clear()


def test_a_name_that_there_is_not(dns: DnsServer) -> None:
    async def ask() -> None:
        await resolver.addresses("a..b", 1)

    resolver = Resolver(Names(b"{}"))
    with pytest.raises(
        socket.gaierror, match=r"the name a\.\.b is not resolved: dns client error: `a\.\.b` is no host"
    ):
        asyncio.run(ask())


@pytest.mark.parametrize(("host", "port"), [("my_store", "own"), ("srv_x", "srv")])
def test_the_control_process(dns: DnsServer, host: str, port: str) -> None:
    """PostgreSQL's client and Redis' connect by `create_connection`, the others ask `getaddrinfo`."""

    async def body(number: int) -> tuple[bytes, Any]:
        resolve_by({"dns_resolver": [dns.address], "other": 1})  # type: ignore[arg-type]
        name, given = (host, number) if port == "own" else (f"srv_x.{number}.test", 9)
        reader, writer = await asyncio.open_connection(name, given)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        line = await reader.readline()
        writer.close()
        loop = asyncio.get_running_loop()
        return line, (await loop.getaddrinfo(name, given, type=socket.SOCK_STREAM))[0][4]

    upstream = Upstream()
    with asyncio.Runner(loop_factory=ResolvingLoop) as runner:
        line, place = runner.run(body(upstream.port))
    upstream.close()
    assert (line, place) == (b"HTTP/1.1 200 OK\r\n", ("127.0.0.1", upstream.port))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("my_host", True),
        ("a.", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("fe80::1%lo", False),
        ("", False),
    ],
)
def test_names(host: str, expected: bool) -> None:
    assert is_name(host) is expected
    assert not is_name(None)
