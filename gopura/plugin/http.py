"""The HTTP client of plugins: one for the node, with pools of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gopura.release import VERSION

if TYPE_CHECKING:
    import httpx


class HttpClient:
    """Requests from coroutines of plugins. Connections are kept and shared; proxies of the environment are not used."""

    def __init__(self) -> None:
        self._clients: dict[tuple[bool, bool, str | None], httpx.AsyncClient] = {}

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | list[tuple[str, str]] | None = None,
        content: bytes | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109 - of each step, not of the whole
        verify: bool = True,
        http2: bool = False,
        proxy: str | None = None,
        **further: Any,
    ) -> httpx.Response:
        """Send a request and read the whole answer; `timeout` in seconds; raises httpx.HTTPError."""
        client = self._client(verify, http2, proxy)
        return await client.request(method, url, headers=headers, content=content, timeout=timeout, **further)

    async def close(self) -> None:
        """Close all connections."""
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    def _client(self, verify: bool, http2: bool, proxy: str | None) -> httpx.AsyncClient:
        import httpx  # only data planes need it, and only some

        key = verify, http2, proxy
        if key not in self._clients:
            client = httpx.AsyncClient(verify=verify, http2=http2, proxy=proxy, trust_env=False)
            for name in ("Accept", "Accept-Encoding", "Connection"):  # a request says what its plugin says
                del client.headers[name]
            client.headers["User-Agent"] = f"gopura/{VERSION}"
            self._clients[key] = client
        return self._clients[key]
