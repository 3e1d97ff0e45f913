"""What passes is read alike by every origin: nginx, Python, Node and Go see the same two requests."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.engine.origins import running
from tests.engine.proxy import Config, Proxy
from tests.engine.test_framing import FORWARDED
from tests.servers.echo import Echo

NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module", params=["python", "nginx", "node", "go"])
def origin(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of an origin that answers with the request as it read it."""
    if request.param == "python":
        echo = Echo()
        yield echo.port
        echo.stop()
    else:
        with running(request.param) as port:
            yield port


@pytest.mark.parametrize(
    ("raw", "body"), [case[1:] for case in FORWARDED], ids=[case[0] for case in FORWARDED]
)
def test_read_alike(origin: int, proxy: Proxy, raw: bytes, body: str) -> None:
    config = Config()
    config.route(config.service(origin), paths=["/"], strip_path=False)
    proxy.serve(config)
    answer = proxy.raw(raw + NEXT).decode()
    seen = [json.loads(found) for found in re.findall(r"^\{.*\}", answer, re.MULTILINE)]
    read = [(request["method"], request["target"], request["body"]) for request in seen]
    assert read == [("POST", "/p", body), ("GET", "/next", "")]
