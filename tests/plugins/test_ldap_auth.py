"""ldap-auth: passwords tried on a real directory, which may be down, slow or strange."""

import base64
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from gopura.plugins.ldap_auth import credentials, escaped, messages
from gopura.testing import Gateway
from tests.plugins.stored import Stored
from tests.servers.directory import BASE, Directory
from tests.servers.ports import free_port
from tests.waiting import PATIENCE

WRONG = "Invalid authentication credentials"


def given(port: int, **config: Any) -> dict[str, list[dict[str, Any]]]:
    settings = {
        "ldap_host": "127.0.0.1",
        "ldap_port": port,
        "base_dn": BASE,
        "attribute": "cn",
        "cache_ttl": 0,
    }
    return {
        "consumers": [{"username": "guest"}],
        "plugins": [{"name": "ldap-auth", "config": settings | config}],
    }


def header(user: str, password: str, scheme: str = "ldap") -> dict[str, str | list[str]]:
    return {"Authorization": f"{scheme} {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


PAIRS: list[tuple[str, str, int]] = [
    ("bob", "secret", 200),
    ("bob", "guess", 401),
    ("bob", "", 401),
    ("nobody", "secret", 401),
    ("o,neil", "pass", 200),
    ("al", "x:y", 200),
    ("bob,dc=example,dc=com", "secret", 401),
    ("*", "secret", 401),
    ("", "secret", 401),
]


@pytest.mark.parametrize(("user", "password", "status"), PAIRS)
def test_passwords(gateway: Stored, directory: Directory, user: str, password: str, status: int) -> None:
    gateway.configure(given(directory.port))
    answer = gateway.get("/", header(user, password))
    assert answer.status == status
    if status == 200:
        headers = gateway.upstream.last.headers
        assert (headers["X-Credential-Identifier"], headers["X-Consumer-Username"]) == (user, None)
    else:
        assert answer.json()["message"] == WRONG


HEADERS: list[tuple[dict[str, Any], dict[str, str | list[str]], int]] = [
    ({}, {}, 401),
    ({}, {"Authorization": "ldap"}, 401),
    ({}, {"Authorization": ""}, 401),
    ({}, {"Authorization": "", "Proxy-Authorization": ""}, 401),
    ({}, {"Proxy-Authorization": ""} | header("bob", "secret"), 200),
    ({}, {"Authorization": "ldap !!!"}, 401),
    ({}, header("bob", "secret", "Basic"), 401),
    ({"header_type": "basic"}, header("bob", "secret", "Basic"), 200),
    ({}, header("bob", "secret", "LDAP"), 200),
    ({}, {"Proxy-Authorization": header("bob", "secret")["Authorization"]}, 200),
    ({}, {"Proxy-Authorization": "ldap !!!"} | header("bob", "secret"), 200),
    ({"anonymous": "guest"}, header("bob", "guess"), 200),
]


@pytest.mark.parametrize(("config", "headers", "status"), HEADERS)
def test_headers(
    gateway: Stored,
    directory: Directory,
    config: dict[str, Any],
    headers: dict[str, str | list[str]],
    status: int,
) -> None:
    gateway.configure(given(directory.port, hide_credentials=True, **config))
    answer = gateway.get("/", headers)
    assert answer.status == status
    if not headers:
        assert answer.headers["WWW-Authenticate"] == 'LDAP realm="kong"'
    if status == 200 and not config.get("anonymous"):
        assert gateway.upstream.last.headers["Authorization"] is None


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("way", ["ldaps", "start_tls"])
def test_tls(gateway: Stored, directory: Directory, way: str, verify: bool) -> None:
    port = directory.tls_port if way == "ldaps" else directory.port
    gateway.configure(given(port, **{way: True}, verify_ldap_host=verify))
    assert gateway.get("/", header("bob", "secret")).status == 200
    assert gateway.get("/", header("bob", "guess")).status == 401


def test_an_untrusted_directory_learns_nothing(directory: Directory) -> None:
    config = given(directory.tls_port, ldaps=True, verify_ldap_host=True)
    with Gateway(given=config) as gateway:
        assert gateway.get("/", header("bob", "secret")).status == 500


def test_answers_are_kept(gateway: Stored, directory: Directory) -> None:
    gateway.configure(given(directory.port, cache_ttl=60))
    assert gateway.get("/", header("bob", "secret")).status == 200
    assert gateway.get("/", header("bob", "guess")).status == 401
    directory.halt()
    try:
        assert gateway.get("/", header("bob", "secret")).status == 200
        assert gateway.get("/", header("bob", "guess")).status == 401
        assert gateway.get("/", header("al", "x:y")).status == 500
    finally:
        directory.start()
    assert gateway.get("/", header("al", "x:y")).status == 200


def test_connections_are_used_again(gateway: Stored, directory: Directory) -> None:
    for keepalive in (60000, 0):
        gateway.configure(given(directory.port, keepalive=keepalive))
        for password, status in (("secret", 200), ("guess", 401), ("secret", 200)):
            assert gateway.get("/", header("bob", password)).status == status


def test_nobody_there(gateway: Stored) -> None:
    gateway.configure(given(free_port(), timeout=int(PATIENCE * 1000)))
    answer = gateway.get("/", header("bob", "secret"))
    assert (answer.status, answer.json()["message"]) == (500, "An unexpected error occurred")


def test_the_directory_dies_and_comes_back(gateway: Stored) -> None:
    directory = Directory({"bob": "secret"})
    try:
        gateway.configure(given(directory.port, timeout=int(PATIENCE * 1000)))
        assert gateway.get("/", header("bob", "secret")).status == 200
        directory.halt()
        assert gateway.get("/", header("bob", "secret")).status == 500
        directory.start()
        assert gateway.get("/", header("bob", "secret")).status == 200
    finally:
        directory.stop()


def serve(answer: Callable[[socket.socket], None]) -> tuple[socket.socket, threading.Thread]:
    """One connection on a free port, handled so."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            answer(connection)
            connection.recv(1000)

    thread = threading.Thread(target=run)
    thread.start()
    return listening, thread


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x84\xff\xff\xff\xff", b"\x30\x05\x02\x01\x01\x61\x00"],
)
def test_strange_directories(gateway: Stored, said: bytes) -> None:
    listening, thread = serve(lambda connection: connection.sendall(said))
    gateway.configure(given(listening.getsockname()[1], timeout=300))
    started = time.monotonic()
    assert gateway.get("/", header("bob", "secret")).status == 500
    assert time.monotonic() - started < 5
    listening.close()
    thread.join()


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("a", "a"),
        ("a,b=c", "a\\,b\\=c"),
        (' #"+;<>\\ ', '\\ #\\"\\+\\;\\<\\>\\\\\\ '),
        ("#x", "\\#x"),
        ("a\0", "a\\00"),
    ],
)
def test_escaping(given_text: str, expected: str) -> None:
    assert escaped(given_text) == expected


@pytest.mark.parametrize(
    ("text", "pair"),
    [("ldap YTpi", ("a", "b")), ("ldap YTo=", None), ("ldap OmI=", None), ("basic YTpi", None)],
)
def test_credentials(text: str, pair: tuple[str, str] | None) -> None:
    assert credentials(text, "ldap") == pair


@pytest.mark.parametrize("cut", range(2, 12))
def test_cut_answers(cut: int) -> None:
    whole = bytes.fromhex("02010161070a010004000400")
    assert messages.result(whole).code == 0
    with pytest.raises(messages.LdapError):
        messages.result(whole[:cut])
