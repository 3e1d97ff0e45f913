"""A gateway that trusts a certificate authority, and the authority, which asks it for answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.certificates import authority
from tests.servers.gateway import Gateway
from tests.servers.pebble import Pebble

Pair = tuple[Path, Path]


@pytest.fixture(scope="package")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The authority's own certificate, and its key."""
    return authority(tmp_path_factory.mktemp("pebble"), "localhost")


@pytest.fixture(scope="module")
def gateway(pair: Pair) -> Iterator[Gateway]:
    server = Gateway({"lua_ssl_trusted_certificate": str(pair[0])})
    yield server
    server.stop()


@pytest.fixture(scope="module")
def pebble(gateway: Gateway, pair: Pair) -> Iterator[Pebble]:
    server = Pebble(gateway.proxy_port, pair)
    yield server
    server.stop()
