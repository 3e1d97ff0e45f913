"""How HTTP clients of the node connect."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from gopura.resolver import here, is_name


def transport(
    *, verify: ssl.SSLContext | bool, http2: bool = False, proxy: str | None = None
) -> httpx.AsyncHTTPTransport:
    """A transport whose connections go where the node's resolver says; proxies of the environment are not used."""
    made = httpx.AsyncHTTPTransport(verify=verify, http2=http2, proxy=proxy, trust_env=False)
    made._pool._network_backend = _Backend()  # httpx has no argument for it
    return made


class _Backend(httpcore.AnyIOBackend):
    """The library's own asks for addresses only, and would leave out the port of an SRV record."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers."""
        how: dict[str, Any] = {
            "timeout": timeout,
            "local_address": local_address,
            "socket_options": socket_options,
        }
        if (resolver := here()) is None or not is_name(host):
            return await super().connect_tcp(host, port, **how)
        try:
            async with asyncio.timeout(timeout):
                addresses = await resolver.addresses(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout(f"the name {host} is not resolved in time") from None
        except OSError as error:
            raise httpcore.ConnectError(error.strerror) from error
        for ip, number in addresses[:-1]:
            try:
                return await super().connect_tcp(ip, number, **how)
            except httpcore.ConnectError:
                continue
        return await super().connect_tcp(*addresses[-1], **how)
