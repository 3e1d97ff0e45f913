"""The HTTP client of plugins: one for the node, with pools of connections."""

from __future__ import annotations

import asyncio
import importlib
import ssl
import threading
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from gopura.release import VERSION

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True)
class StepTimeouts:
    """Seconds that connecting, each write and each read may take, whatever the whole takes: Kong's way of counting."""

    connect: float
    write: float
    read: float

    @classmethod
    def alike(cls, seconds: float) -> StepTimeouts:
        """The same for each step."""
        return cls(seconds, seconds, seconds)


class HttpClient:
    """Requests from coroutines of plugins. Connections are kept and shared; proxies of the environment are not used."""

    def __init__(self) -> None:
        self._clients: dict[tuple[bool, bool, str | None], httpx.AsyncClient] = {}
        self._making = threading.Lock()

    def prepare(self, *, verify: bool = True, http2: bool = False, proxy: str | None = None) -> None:
        """Make the client ready, or the first request would wait half a second for it; from any thread."""
        importlib.import_module("anyio._backends._asyncio")  # otherwise loaded on the first connection

        self._client(verify, http2, proxy)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        content: bytes | None = None,
        timeout: float | StepTimeouts = 10.0,  # noqa: ASYNC109 - callers need one exception for every fault
        verify: bool = True,
        http2: bool = False,
        proxy: str | None = None,
        **further: Any,
    ) -> httpx.Response:
        """Send a request and read the whole answer, within `timeout` seconds; raises httpx.HTTPError.

        `further` is what `httpx.AsyncClient.request` takes besides, such as `params`, `json` and `data`.
        """
        client = self._client(verify, http2, proxy)
        given = {"headers": headers, "content": content} | further
        if isinstance(timeout, StepTimeouts):
            return await client.request(method, url, timeout=_steps(timeout), **given)
        try:
            async with asyncio.timeout(timeout):
                return await client.request(method, url, timeout=timeout, **given)
        except TimeoutError:
            raise _late(f"{method} {url} took longer than {timeout:g} s") from None

    async def read_within(
        self,
        most: int,
        seconds: float,
        method: str,
        url: str,
        *,
        steps: StepTimeouts,
        verify: bool,
        **further: Any,
    ) -> tuple[httpx.Response, bytes]:
        """Send a request; the answer, and its body as it came: decoded, a few bytes may be very many.

        Raises ValueError as soon as there are more than `most` bytes, httpx.TimeoutException when a step or,
        after `seconds`, the whole takes too long, and httpx.HTTPError for the rest.
        """
        client, body = self._client(verify, http2=False, proxy=None), bytearray()
        try:
            async with (
                asyncio.timeout(seconds),
                client.stream(method, url, timeout=_steps(steps), **further) as answer,
            ):
                async for part in answer.aiter_raw():
                    body += part
                    if len(body) > most:
                        raise ValueError("the response is too large")
                return answer, bytes(body)
        except TimeoutError:
            raise _late(f"{method} {url} took longer than {seconds:g} s") from None

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _client(self, verify: bool, http2: bool, proxy: str | None) -> httpx.AsyncClient:
        key = verify, http2, proxy
        with self._making:
            if key not in self._clients:
                self._clients[key] = _made(*key)
            return self._clients[key]


def _made(verify: bool, http2: bool, proxy: str | None) -> httpx.AsyncClient:
    import httpx  # only data planes need it, and only some

    from gopura.plugin.http_transport import transport

    way = transport(verify=_trusting() if verify else False, http2=http2, proxy=proxy)
    client = httpx.AsyncClient(transport=way, trust_env=False)
    for name in ("Accept", "Accept-Encoding", "Connection"):  # a request says what its plugin says
        del client.headers[name]
    client.headers["User-Agent"] = f"gopura/{VERSION}"
    return client


@cache
def _trusting() -> ssl.SSLContext:
    """The usual authorities, read once."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _steps(timeouts: StepTimeouts) -> httpx.Timeout:
    import httpx

    return httpx.Timeout(timeouts.read, connect=timeouts.connect, write=timeouts.write)


def _late(message: str) -> httpx.TimeoutException:
    import httpx

    return httpx.ReadTimeout(message)
