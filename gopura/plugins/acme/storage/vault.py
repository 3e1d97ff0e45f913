"""The storage `vault`: the key/value engine, version 2, of HashiCorp Vault, by its HTTP API."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gopura.plugins.acme.storage import StorageError
from gopura.plugins.acme.storage.web import Web

if TYPE_CHECKING:
    from gopura.plugins.acme.configuration import HashicorpVault as Settings

_PATH = "acme"
_TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - where it is
_FOREVER = "0s"


class Vault:
    """Shared by all nodes that use the server with the same path. Vault itself forgets what has ended."""

    def __init__(self, settings: Settings, trusted: ssl.SSLContext) -> None:
        scheme, host, port = "https" if settings.https else "http", settings.host, int(settings.port or 8200)
        self._settings = settings
        self._web = Web(
            "Vault",
            f"{scheme}://{host or '127.0.0.1'}:{port}",
            {},
            settings.timeout,
            False if settings.tls_verify is False else trusted,
            settings.tls_server_name,
        )
        mount, _, path = (settings.kv_path or _PATH).strip("/").partition("/")
        below = f"{quote(path)}/" if path else ""
        self._data, self._metadata = (f"/v1/{quote(mount)}/{kind}/{below}" for kind in ("data", "metadata"))

    async def get(self, name: str) -> str | None:
        """The text of a secret."""
        found = await self._ask("GET", self._data + _key(name))
        text: str | None = found["data"]["data"]["value"] if found else None
        return text

    async def set(self, name: str, text: str, seconds: int | None = None) -> None:
        """Write a secret."""
        await self._write(name, text, seconds)

    async def add(self, name: str, text: str, seconds: int | None = None) -> bool:
        """Write a secret unless there is one: Vault compares versions."""
        if await self.get(name) is not None:
            return False
        known = await self._ask("GET", self._metadata + _key(name))
        version = known["data"]["current_version"] if known else 0
        try:
            await self._write(name, text, seconds, {"cas": version})
        except StorageError:
            if await self.get(name) is not None:
                return False
            raise
        return True

    async def delete(self, name: str) -> None:
        """Delete a secret with all its versions."""
        await self._ask("DELETE", self._metadata + _key(name))

    async def names(self, prefix: str) -> list[str]:
        """The names that begin so."""
        found = await self._ask("LIST", self._metadata)
        keys = found["data"]["keys"] if found else []
        return sorted([key for key in keys if key.startswith(prefix) and await self.get(key) is not None])

    async def _write(
        self, name: str, text: str, seconds: int | None, options: dict[str, int] | None = None
    ) -> None:
        lasting = _FOREVER if seconds is None else f"{seconds}s"
        metadata = {"delete_version_after": lasting}
        await self._ask("POST", self._metadata + _key(name), json=metadata)
        body: dict[str, Any] = {"data": {"value": text}, "options": options or {}}
        await self._ask("POST", self._data + _key(name), json=body)

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        if not self._web.headers:
            self._web.headers = {"X-Vault-Token": await self._token()}
        return await self._web.ask(method, path, **request)

    async def _token(self) -> str:
        settings = self._settings
        if settings.auth_method != "kubernetes":
            return settings.token or ""
        try:
            jwt = await asyncio.to_thread(Path(settings.jwt_path or _TOKEN_FILE).read_text)
        except OSError as error:
            raise StorageError(f"Vault: {error}") from error
        place = f"/v1/auth/{quote(settings.auth_path or 'kubernetes')}/login"
        answer = await self._web.ask("POST", place, json={"role": settings.auth_role, "jwt": jwt})
        token = ((answer or {}).get("auth") or {}).get("client_token")
        if not token:
            raise StorageError("Vault: the login gives no token")
        return str(token)


def _key(name: str) -> str:
    return quote(name.replace("/", "-"), safe="")
