"""The names under which the Admin API may be reached.

A page can have its own name resolve to 127.0.0.1 once it is loaded (DNS rebinding); the browser then takes the Admin
API for a part of that page's site, and only the name in `Host` tells. So a name passes that no stranger can own.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterator

from gopura.settings import Settings

_ANY = "*"
_PRIVATE = ("localhost", "local", "internal", "home.arpa", "test", "svc", "pod")
"""Never in the public DNS: RFC 6761, 6762 and 8375, ICANN's `internal`, and the services and pods of Kubernetes."""


class Hosts:
    """The names of a node: those of its machine, those in its settings, and those that are private to a network."""

    def __init__(self, settings: Settings) -> None:
        self._names = frozenset(_names(settings))
        self._machine: frozenset[str] | None = None
        allowed = [_plain(name) for name in settings.admin_allowed_hosts]
        self._any = _ANY in allowed
        self._suffixes = tuple(name.removeprefix(_ANY) for name in allowed if name.startswith("*."))

    async def know(self, host: str) -> bool:
        """Whether a `Host` (its port does not matter) is an address, private, or one of the node's names."""
        name = hostname(host)
        if self._any or _is_private(name) or name in self._names or name.endswith(self._suffixes):
            return True
        if self._machine is None:
            # The full name is asked from the system, which may ask the DNS.
            self._machine = frozenset(await asyncio.to_thread(_of_machine))
        return name in self._machine


def hostname(host: str) -> str:
    """The name in `name:port`, in small letters, without brackets and a dot at the end."""
    end = host.rfind("]") + 1
    name, _, _ = host[end:].partition(":")
    return _plain(host[:end] + name)


def _plain(name: str) -> str:
    return name.strip("[]").rstrip(".").lower()


def _is_private(name: str) -> bool:
    last = name.rpartition(".")[2]
    return "." not in name or last in _PRIVATE or name.endswith(".home.arpa") or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _names(settings: Settings) -> Iterator[str]:
    yield from map(_plain, settings.admin_allowed_hosts)
    for setting in ("admin_listen", "admin_gui_listen"):
        yield from (_plain(listener.ip) for listener in settings.listeners(setting))
    for url in (*urls(settings.admin_gui_url), *urls(settings.admin_gui_api_url)):
        yield hostname(url.rpartition("//")[2].partition("/")[0])


def urls(setting: str | None) -> list[str]:
    """The URLs of a setting, which commas separate."""
    return [url.strip() for url in (setting or "").split(",") if url.strip()]


def _of_machine() -> Iterator[str]:
    yield _plain(socket.gethostname())
    yield _plain(socket.getfqdn())
