"""Bodies of any size pass in constant memory, both ways."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from gopura.supervisor.commands import ask
from tests.resilience.large_bodies import Peak, Upstream, read_body, read_head, send_body
from tests.servers.gateway import Gateway

SIZE = 200 * 2**20
GROWTH = 10 * 2**20


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def data_process(gateway: Gateway, upstream: Upstream) -> int:
    """Id of the process that carries the bodies, which has carried some already."""
    with gateway.client() as admin:
        admin.put("/services/up", json={"url": upstream.url}).raise_for_status()
        for path, buffered in (("/buffered", True), ("/direct", False)):
            body = {"paths": [path], "request_buffering": buffered, "response_buffering": buffered}
            admin.put(f"/services/up/routes/{path[1:]}", json=body).raise_for_status()
        admin.put("/services/up/routes/limited", json={"paths": ["/limited"]}).raise_for_status()
        limit = {"name": "request-size-limiting", "config": {"allowed_payload_size": 30}}
        admin.post("/routes/limited/plugins", json=limit).raise_for_status()
    for path in ("/buffered", "/direct"):
        assert upload(gateway, path, 2**21) == 2**21
        assert download(gateway, path, 2**21) == 2**21
    status = ask(gateway.prefix / "run" / "supervisor.sock", "status", 10)
    return int(status["processes"]["data"]["pid"])


def upload(gateway: Gateway, path: str, size: int) -> int:
    """How much of a request body arrived."""
    with socket.create_connection((gateway.host, gateway.proxy_port), timeout=60) as client:
        client.sendall(f"PUT {path}/{size} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode())
        send_body(client, size)
        head, _ = read_head(client)
        return int(head.partition("x-came: ")[2].split("\r\n")[0])


def download(gateway: Gateway, path: str, size: int, pause: float = 0) -> int:
    """How much of a response body arrived; a pause lets it pile up wherever it may."""
    with socket.create_connection((gateway.host, gateway.proxy_port), timeout=60) as client:
        client.sendall(f"GET {path}/{size} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        time.sleep(pause)
        _, came = read_head(client)
        return read_body(client, came, size)


@pytest.mark.parametrize("path", ["/buffered", "/direct"])
def test_upload(path: str, gateway: Gateway, data_process: int) -> None:
    with Peak(data_process) as peak:
        assert upload(gateway, path, SIZE) == SIZE
    assert peak.growth <= GROWTH


@pytest.mark.parametrize("path", ["/buffered", "/direct"])
@pytest.mark.parametrize("pause", [0, 0.5], ids=["at once", "a client that is slow to read"])
def test_download(path: str, pause: float, gateway: Gateway, data_process: int) -> None:
    with Peak(data_process) as peak:
        assert download(gateway, path, SIZE, pause) == SIZE
    assert peak.growth <= GROWTH


@pytest.mark.parametrize("framing", ["Content-Length: 83886080", "Transfer-Encoding: chunked"])
def test_what_is_too_large_is_not_held(framing: str, gateway: Gateway, data_process: int) -> None:
    with Peak(data_process) as peak, ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: refused(gateway, framing), range(5)))
    assert [answer.split()[1] for answer in answers] == ["413"] * 5
    assert peak.growth <= GROWTH


def refused(gateway: Gateway, framing: str) -> str:
    """What a client hears that sends 80 MB, until it is stopped."""
    with socket.create_connection((gateway.host, gateway.proxy_port), timeout=60) as client:
        client.sendall(f"PUT /limited/1 HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode())
        with suppress(OSError):
            for _ in range(80):
                client.sendall(b"100000\r\n" + bytes(2**20) + b"\r\n")
        return read_head(client)[0]
