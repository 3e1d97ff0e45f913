"""Storages that are asked by HTTP."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from gopura.plugin.http_transport import transport
from gopura.plugins.acme.storage import StorageError

_TIMEOUT_MILLISECONDS = 2000


class Web:
    """A server of this kind (`what`); every request has a connection of its own, as they are few."""

    def __init__(
        self,
        what: str,
        address: str,
        headers: dict[str, str],
        timeout: float | None,
        verify: ssl.SSLContext | bool,
        server_name: str | None = None,
    ) -> None:
        self._what, self._address, self.headers = what, address, headers
        self._seconds = (timeout or _TIMEOUT_MILLISECONDS) / 1000
        self._verify = verify
        self._extensions = {"sni_hostname": server_name} if server_name else {}

    async def ask(self, method: str, path: str, **request: Any) -> Any:
        """The JSON of the answer; None for 404 and for an empty one. StorageError for any other refusal."""
        try:
            way = transport(verify=self._verify)
            async with httpx.AsyncClient(
                base_url=self._address, timeout=self._seconds, transport=way, trust_env=False
            ) as client:
                answer = await client.request(
                    method, path, headers=self.headers, extensions=self._extensions, **request
                )
                if answer.status_code == httpx.codes.NOT_FOUND or not answer.content:
                    return None
                answer.raise_for_status()
                return answer.json()
        except (httpx.HTTPError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise StorageError(f"{self._what} at {self._address}: {reason}") from error
