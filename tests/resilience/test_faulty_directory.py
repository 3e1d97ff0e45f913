"""An LDAP server behind a bad network: requests fail in time, and passwords are right again afterwards."""

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gopura.testing import Answer, Gateway
from gopura.testing.client import Client
from tests.resilience.faults import FAULTS, SLOW, Case, Fault, check, routed
from tests.resilience.toxiproxy_server import Toxiproxy
from tests.servers.directory import BASE, Directory

LIMIT = 1.0  # seconds, the plugin's time-out


Request = Callable[[Client, str], Answer]


def asking(password: str) -> Request:
    pair = base64.b64encode(f"bob:{password}".encode()).decode()

    def request(gateway: Client, path: str) -> Answer:
        return gateway.get(path, {"Authorization": f"ldap {pair}"})

    return request


RIGHT, WRONG = asking("secret"), asking("guess")
KINDS: dict[str, list[tuple[str, dict[str, Any], Request, int]]] = {
    "port": [
        ("right", {}, RIGHT, 200),
        ("wrong", {}, WRONG, 401),
        ("on-new-connections", {"keepalive": 0}, RIGHT, 200),
        ("upgraded", {"start_tls": True}, RIGHT, 200),
    ],
    "tls_port": [("secured", {"ldaps": True}, RIGHT, 200)],
}


def cases(kind: str, port: int) -> list[Case]:
    place = {"ldap_host": "127.0.0.1", "ldap_port": port, "base_dn": BASE, "attribute": "cn"}
    common = place | {"timeout": int(LIMIT * 1000), "cache_ttl": 0}
    return [
        Case(name, "ldap-auth", common | config, status, 500, request)
        for name, config, request, status in KINDS[kind]
    ]


@pytest.fixture(scope="module")
def directory() -> Iterator[Directory]:
    server = Directory({"bob": "secret"})
    yield server
    server.stop()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", [*FAULTS, SLOW], ids=str)
def test_faults(directory: Directory, toxiproxy: Toxiproxy, kind: str, fault: Fault) -> None:
    way = toxiproxy.link(getattr(directory, kind))
    asked = cases(kind, way.port)
    with Gateway(given=routed(asked)) as gateway:
        check(gateway, way, fault, asked, LIMIT)
    way.close()
