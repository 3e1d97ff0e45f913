"""An HTTP/2 connection to an upstream that goes bad while it is in use."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.certificates import authority
from tests.engine.http2_origin import Asked, Http2Origin
from tests.engine.proxy import Config, Proxy
from tests.resilience.toxiproxy_server import Link, Toxiproxy
from tests.waiting import PATIENCE, wait_for

SHORT = 1.0  # seconds, time-outs where nothing but the time-out ends a request
GRACE = 5.0  # seconds for a busy machine, less than the faults last
FOREVER = 20_000  # milliseconds
SIZE = 50_000


def answer(asked: Asked) -> None:
    """A body that fits into the window."""
    asked.answer(bytes(SIZE))


@pytest.fixture
def link(toxiproxy: Toxiproxy, tmp_path: Path) -> Iterator[Link]:
    """A link to the upstream, without any fault yet."""
    origin = Http2Origin(authority(tmp_path, "up.test"), answer)
    made = toxiproxy.link(origin.port)
    yield made
    made.close()
    origin.stop()


@pytest.mark.parametrize(
    ("kind", "attributes", "status", "length"),
    [
        ("latency", {"latency": FOREVER}, 504, None),
        ("timeout", {"timeout": 0}, 504, None),
        ("timeout", {"timeout": 100}, 502, None),
        ("reset_peer", {"timeout": 0}, 502, None),
        ("limit_data", {"bytes": 20_000}, 200, None),
        ("latency", {"latency": 200}, 200, SIZE),
        ("bandwidth", {"rate": 30}, 200, SIZE),
        ("slicer", {"average_size": 5000, "delay": 50_000}, 200, SIZE),
    ],
)
def test_an_open_connection(
    proxy: Proxy, link: Link, kind: str, attributes: dict[str, int], status: int, length: int | None
) -> None:
    """A request never waits beyond its time-outs, and the next one finds a connection that works."""
    limit = SHORT if status == 504 else PATIENCE
    config = Config()
    config.route(
        config.service(link.port, protocol="https", retries=0, read_timeout=int(limit * 1000)), paths=["/"]
    )
    proxy.serve(config)
    wait_for(lambda: len(proxy.get("/").body) == SIZE)
    link.add(kind, **attributes)
    started = time.monotonic()
    got = proxy.get("/")
    assert time.monotonic() - started < SHORT + GRACE
    assert got.status == status
    assert length is None or len(got.body) == length
    link.clear()
    if status == 504:
        wait_for(lambda: len(proxy.get("/").body) == SIZE)
    else:
        assert len(proxy.get("/").body) == SIZE
