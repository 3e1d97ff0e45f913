"""The event loop of the node's processes."""

from __future__ import annotations

from typing import Any

import uvloop

from gopura.resolver import Resolver, is_name


class ResolvingLoop(uvloop.Loop):
    """A loop whose connections go where `resolver` says; without one, where the system does."""

    resolver: Resolver | None = None

    async def getaddrinfo(self, host: Any, port: Any, *, flags: int = 0, **wanted: int) -> Any:
        """Look a name up."""
        if self.resolver is None or not is_name(host):
            return await super().getaddrinfo(host, port, flags=flags, **wanted)
        return await self.resolver.found(host, int(port or 0), **wanted)

    async def create_connection(  # type: ignore[override] # its overloads
        self, protocol: Any, host: Any = None, port: Any = None, **how: Any
    ) -> Any:
        """Connect: uvloop's own does not ask `getaddrinfo`. The addresses are tried in turn."""
        if self.resolver is None or not is_name(host):
            return await super().create_connection(protocol, host, port, **how)
        if how.get("ssl") and how.get("server_hostname") is None:
            how["server_hostname"] = host
        failure: OSError | None = None
        for ip, number in await self.resolver.addresses(host, int(port)):
            try:
                return await super().create_connection(protocol, ip, number, **how)
            except OSError as error:
                failure = failure or error
        raise failure or OSError(f"{host} cannot be reached")
