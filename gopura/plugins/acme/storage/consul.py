"""The storage `consul`: the key/value store of Consul, by its HTTP API."""

from __future__ import annotations

import base64
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gopura.plugins.acme.storage.web import Web

if TYPE_CHECKING:
    from gopura.plugins.acme.configuration import Consul as Settings

_PATH = "acme"
_MILLISECONDS = 1000


class Consul:
    """Shared by all nodes that use the server with the same path. A key's flags say when its time is over."""

    def __init__(self, settings: Settings, trusted: ssl.SSLContext) -> None:
        scheme, host, port = "https" if settings.https else "http", settings.host, int(settings.port or 8500)
        path = (settings.kv_path or _PATH).strip("/")
        headers = {"X-Consul-Token": settings.token} if settings.token else {}
        address = f"{scheme}://{host or '127.0.0.1'}:{port}"
        self._web = Web("Consul", address, headers, settings.timeout, trusted)
        self._place = f"/v1/kv/{quote(path)}/"

    async def get(self, name: str) -> str | None:
        """The text of a key."""
        found = await self._entry(name)
        return None if found is None else base64.b64decode(found["Value"] or "").decode()

    async def set(self, name: str, text: str, seconds: int | None = None) -> None:
        """Write a key."""
        await self._put(name, text, _flags(seconds))

    async def add(self, name: str, text: str, seconds: int | None = None) -> bool:
        """Write a key unless it is there: Consul compares and sets."""
        if await self._entry(name) is not None:
            return False
        return await self._put(name, text, _flags(seconds) | {"cas": 0})

    async def delete(self, name: str) -> None:
        """Delete a key."""
        await self._web.ask("DELETE", self._at(name))

    async def names(self, prefix: str) -> list[str]:
        """The keys that begin so."""
        keys = await self._web.ask("GET", self._place, params={"keys": ""}) or []
        found = [key.rpartition("/")[2] for key in keys]
        return sorted([name for name in found if name.startswith(prefix) and await self._entry(name)])

    async def _entry(self, name: str) -> dict[str, Any] | None:
        """What is there and has not ended; what has is deleted, unless somebody just wrote it anew."""
        found = await self._web.ask("GET", self._at(name))
        if not found:
            return None
        entry: dict[str, Any] = found[0]
        if not 0 < entry["Flags"] < time.time() * _MILLISECONDS:
            return entry
        await self._web.ask("DELETE", self._at(name), params={"cas": entry["ModifyIndex"]})
        return None

    async def _put(self, name: str, text: str, params: dict[str, int]) -> bool:
        return bool(await self._web.ask("PUT", self._at(name), params=params, content=text.encode()))

    def _at(self, name: str) -> str:
        return self._place + quote(name.replace("/", "-"), safe="")


def _flags(seconds: int | None) -> dict[str, int]:
    return {} if seconds is None else {"flags": int((time.time() + seconds) * _MILLISECONDS)}
