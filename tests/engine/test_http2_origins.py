"""HTTP/2 between the gateway and the servers that people run: nginx, Node and Go."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.engine.certificates import authority
from tests.engine.origins import running
from tests.engine.proxy import Answer, Config, Proxy


@pytest.fixture(scope="module", params=["nginx", "node", "go"])
def origin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an origin with TLS."""
    folder = tmp_path_factory.mktemp("origin")
    with running(request.param, authority(folder, "origin.test")) as port:
        yield port


@pytest.fixture
def served(proxy: Proxy, origin: int) -> Proxy:
    """Everything goes to the origin."""
    config = Config()
    config.route(config.service(origin, protocol="https"), paths=["/"], strip_path=False)
    proxy.serve(config)
    return proxy


def protocol(answer: Answer) -> str:
    """What the origin spoke; nginx told the Python origin behind it by a header."""
    seen = answer.json()
    return str(seen.get("protocol") or seen["headers"]["x-protocol"])


def test_a_request(served: Proxy) -> None:
    for size in (0, 5, 200_000):
        answer = served.get("/a%20b?c=d", method="POST", body=b"x" * size)
        seen = answer.json()
        assert (answer.status, protocol(answer)) == (200, "HTTP/2.0")
        assert (seen["method"], seen["target"], len(seen["body"])) == ("POST", "/a%20b?c=d", size)


def test_many_requests(served: Proxy) -> None:
    """More at once than one connection takes."""

    def ask(number: int) -> int:
        return len(served.get("/", method="POST", body=b"x" * number * 100).json()["body"])

    with ThreadPoolExecutor(32) as pool:
        assert list(pool.map(ask, range(300))) == [number * 100 for number in range(300)]
