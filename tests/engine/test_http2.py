"""HTTP/2 by prior knowledge and under TLS."""

import httpx
import pytest

from tests.engine.certificates import authority
from tests.engine.proxy import Config, Proxy
from tests.servers.echo import Echo


@pytest.fixture
def served(tmp_path, echo: Echo):
    """`/` goes to the echo; the listener has a certificate."""
    chain, key = authority(tmp_path, "default.test")
    running = Proxy(default_certificates=[[str(chain), str(key)]])
    config = Config()
    config.route(config.service(echo.port), paths=["/"])
    running.serve(config)
    yield running
    running.stop()


def test_prior_knowledge(served: Proxy) -> None:
    with httpx.Client(http1=False, http2=True, base_url=f"http://127.0.0.1:{served.port}") as client:
        answer = client.get("/x?a=b", headers={"X-Own": "1"})
        assert (answer.status_code, answer.http_version) == (200, "HTTP/2")
        seen = answer.json()
        assert (seen["target"], seen["headers"]["x-own"]) == ("/x?a=b", "1")
        assert seen["headers"]["x-forwarded-host"] == "127.0.0.1"
        assert client.get("/nothing/status/404").status_code == 404
        assert len(client.get("/bytes/1000000").content) == 1_000_000
        assert len(client.post("/", content=b"x" * 500_000).json()["body"]) == 500_000
        assert client.head("/bytes/10").headers["content-length"] == "10"


@pytest.mark.parametrize(("http2", "version"), [(True, "HTTP/2"), (False, "HTTP/1.1")])
def test_alpn(served: Proxy, http2: bool, version: str) -> None:
    with httpx.Client(http2=http2, verify=False) as client:
        answer = client.get(f"https://127.0.0.1:{served.tls_port}/")
        assert (answer.status_code, answer.http_version) == (200, version)
        assert answer.json()["headers"]["x-forwarded-proto"] == "https"
