"""Names to addresses as the engine finds them, for everything in Python that connects to somebody.

Kong's clients use its own resolver, with `dns_resolver`, `dns_order`, `dns_hostsfile` and so on, and not the system's.
Here the event loops do: whatever connects on one, in plugins and in libraries, is sent to the engine's addresses, and
still knows the server by its name (Host, SNI, verification).
"""

from __future__ import annotations

import asyncio
import json
import socket
from concurrent.futures import Future
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gopura._engine import Resolver as Names
    from gopura.settings import Settings

Address = tuple[str, int]

_PATIENCE_SECONDS = 10


class Resolver:
    """Asks the engine; the answers come with the port that an SRV record names, each time another one first."""

    def __init__(self, names: Names) -> None:
        self._names = names

    async def addresses(self, host: str, port: int) -> list[Address]:
        """IPs and ports behind a name; socket.gaierror says why there are none."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                return _with_port(host, port, *await asyncio.wrap_future(self._ask(host)))
        except TimeoutError:
            raise _late(host) from None

    def wait_for_addresses(self, host: str, port: int) -> list[Address]:
        """The same on a thread that may wait."""
        try:
            return _with_port(host, port, *self._ask(host).result(_PATIENCE_SECONDS))
        except TimeoutError:
            raise _late(host) from None

    async def found(self, host: str, port: int, family: int = 0, proto: int = 0, **wanted: int) -> list[Any]:
        """The answer as `getaddrinfo` words it."""
        kind = wanted.get("type") or socket.SOCK_STREAM
        found = []
        for ip, number in await self.addresses(host, port):
            is_v4 = ip_address(ip).version == 4
            own = socket.AF_INET if is_v4 else socket.AF_INET6
            if family in (socket.AF_UNSPEC, own):
                found.append((own, kind, proto, "", (ip, number) if is_v4 else (ip, number, 0, 0)))
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address of this family")
        return found

    def _ask(self, host: str) -> Future[tuple[list[tuple[str, int | None]], str | None]]:
        answer: Future[tuple[list[tuple[str, int | None]], str | None]] = Future()

        def done(addresses: list[tuple[str, int | None]], reason: str | None) -> None:
            if answer.set_running_or_notify_cancel():
                answer.set_result((addresses, reason))

        self._names.resolve(host, done)
        return answer


def is_name(host: object) -> bool:
    """Whether somebody has to be asked where that is: no address, no interface, nothing of this machine's own."""
    if not isinstance(host, str) or not host:
        return False
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return True
    return False


def _with_port(
    host: str, port: int, found: list[tuple[str, int | None]], reason: str | None
) -> list[Address]:
    if not found:
        raise socket.gaierror(socket.EAI_NONAME, f"the name {host} is not resolved: {reason}")
    return [(ip, named or port) for ip, named in found]


def resolve_by(settings: Settings) -> None:
    """Have the running loop connect by these settings, in a process that has no engine."""
    from gopura._engine import Resolver as Names

    chosen = {name: value for name, value in settings.items() if name.startswith("dns_")}
    asyncio.get_running_loop().resolver = Resolver(Names(json.dumps(chosen).encode()))  # type: ignore[attr-defined]


def here() -> Resolver | None:
    """That of the running loop, if it has one."""
    found: Resolver | None = getattr(asyncio.get_running_loop(), "resolver", None)
    return found


def _late(host: str) -> socket.gaierror:
    return socket.gaierror(socket.EAI_AGAIN, f"the name {host} is not resolved in time")
