"""The HTTP client of plugins: how long a request may take, and that none waits for the client to be made."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gopura.plugin import Exchange, Plugin
from gopura.plugin import http as client_module
from gopura.plugin.http import HttpClient, StepTimeouts
from gopura.testing import Gateway

DRIPS, PAUSE = 10, 0.05


@pytest.fixture
def dripping() -> Iterator[str]:
    """A server that sends its answer byte by byte, over half a second."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drip, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"


def _drip(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % DRIPS)
        for _ in range(DRIPS):
            time.sleep(PAUSE)
            try:
                connection.sendall(b".")
            except OSError:
                return


async def ask(url: str, timeout: Any) -> bytes:  # noqa: ASYNC109 - what is tested
    client = HttpClient()
    try:
        return (await client.request("GET", url, timeout=timeout)).content
    finally:
        await client.close()


async def test_timeout_is_of_the_whole(dripping: str) -> None:
    with pytest.raises(httpx.HTTPError, match=r"GET http.* took longer than 0.2 s"):
        await ask(dripping, 0.2)


@pytest.mark.parametrize("timeout", [60, StepTimeouts.alike(0.3)])
async def test_enough_time(timeout: Any, dripping: str) -> None:  # noqa: ASYNC109 - what is tested
    assert await ask(dripping, timeout) == b"." * DRIPS


async def test_step_timeouts_are_of_each_step(dripping: str) -> None:
    with pytest.raises(httpx.ReadTimeout):
        await ask(dripping, StepTimeouts(connect=5, write=5, read=PAUSE / 5))


class Asking(Plugin, name="asking"):
    async def access(self, exchange: Exchange, config: Any) -> None:
        try:
            await self.node.http.request("GET", "http://127.0.0.1:1/")
        except httpx.ConnectError:
            exchange.exit(200)


def test_the_client_is_there_before_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    original = client_module._made

    def note(*key: Any) -> httpx.AsyncClient:
        made.append(key)
        return original(*key)

    monkeypatch.setattr(client_module, "_made", note)
    with Gateway(Asking) as gateway:
        assert len(made) == 1
        assert gateway.get("/").status == 200
    assert len(made) == 1
