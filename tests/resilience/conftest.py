"""An engine, its upstream, and a link between them that can be broken."""

from collections.abc import Iterator

import pytest

from tests.engine.proxy import Proxy
from tests.resilience.toxiproxy_server import Link, Toxiproxy, build
from tests.servers.echo import Echo


@pytest.fixture(scope="session")
def toxiproxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toxiproxy]:
    """A server of faulty links for the whole run."""
    binary = tmp_path_factory.mktemp("toxiproxy") / "toxiproxy"
    build(binary)
    server = Toxiproxy(binary)
    yield server
    server.stop()


@pytest.fixture
def link(toxiproxy: Toxiproxy, echo: Echo) -> Iterator[Link]:
    """A link to the echo server, without any fault yet."""
    made = toxiproxy.link(echo.port)
    yield made
    made.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """An engine without configuration."""
    running = Proxy()
    yield running
    running.stop()
