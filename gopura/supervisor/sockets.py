"""The listening sockets of a node."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator

from gopura.settings import Listener, Settings
from gopura.supervisor.holder import port_holder
from gopura.supervisor.launch import Bound

NAMES = ("proxy_listen", "admin_listen", "status_listen")


class ListenError(Exception):
    """An address cannot be listened on; the text names the setting, the address and what is in the way."""


def address_faults(settings: Settings) -> Iterator[str]:
    """Addresses that are none of this machine's, whoever listens there."""
    for name in NAMES:
        for listener in settings.listeners(name):
            try:
                family, (host, _) = _address(listener)
                _socket(family, (host, 0), listener, shared=False).close()
            except OSError as error:
                yield _reason(name, listener, error)


class Sockets:
    """Bound sockets by setting and address; those that stay in use across a reload are kept open."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, Listener], list[socket.socket]] = {}

    def bind(self, settings: Settings, names: Iterable[str], workers: int) -> dict[str, list[Bound]]:
        """Open what is not open yet; ListenError leaves everything as it was."""
        fresh: list[tuple[str, Listener]] = []
        try:
            return {
                name: [self._bound(name, item, workers, fresh) for item in settings.listeners(name)]
                for name in names
            }
        except ListenError:
            for key in fresh:
                self._close(key)
            raise

    def keep(self, settings: Settings, names: Iterable[str]) -> None:
        """Close the sockets of addresses that the settings no longer name."""
        wanted = {(name, listener) for name in names for listener in settings.listeners(name)}
        for key in set(self._open) - wanted:
            self._close(key)

    def close(self) -> None:
        """Close everything."""
        for key in list(self._open):
            self._close(key)

    def _bound(self, name: str, listener: Listener, workers: int, fresh: list[tuple[str, Listener]]) -> Bound:
        key = (name, listener)
        if key not in self._open:
            count = workers if name == "proxy_listen" and listener.has("reuseport") else 1
            self._open[key] = _listen(name, listener, count)
            fresh.append(key)
        port = self._open[key][0].getsockname()[1]
        return Bound(Listener(listener.ip, port, listener.flags), tuple(s.fileno() for s in self._open[key]))

    def _close(self, key: tuple[str, Listener]) -> None:
        for opened in self._open.pop(key):
            opened.close()


def _listen(name: str, listener: Listener, count: int) -> list[socket.socket]:
    try:
        family, address = _address(listener)
        if listener.port:
            # `reuseport` would let a second gateway share the port without a word.
            _socket(family, address, listener, shared=False).close()
        first = _socket(family, address, listener, shared=count > 1)
        others = [_socket(family, first.getsockname(), listener, shared=True) for _ in range(count - 1)]
    except OSError as error:
        raise ListenError(_reason(name, listener, error)) from None
    for opened in (first, *others):
        opened.listen(listener.backlog)
    return [first, *others]


def _address(listener: Listener) -> tuple[int, tuple[str, int]]:
    family, _, _, _, address = socket.getaddrinfo(listener.ip, listener.port, type=socket.SOCK_STREAM)[0]
    return family, (str(address[0]), listener.port)


def _socket(family: int, address: tuple[str, int], listener: Listener, shared: bool) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, listener.value("ipv6only") != "off")
        if listener.has("deferred"):
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
        _keepalive(opened, listener.value("so_keepalive"))
        opened.bind(address)
    except OSError:
        opened.close()
        raise
    opened.setblocking(False)
    return opened


def _keepalive(opened: socket.socket, value: str | None) -> None:
    if value is None:
        return
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, value != "off")
    if ":" in value:
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        for option, text in zip(options, value.split(":"), strict=True):
            if text:
                opened.setsockopt(socket.IPPROTO_TCP, option, _seconds(text))


def _seconds(text: str) -> int:
    return int(text.rstrip("smh")) * {"m": 60, "h": 3600}.get(text[-1], 1)


def _reason(name: str, listener: Listener, error: OSError) -> str:
    holder = port_holder(listener.port)
    held = f"; {holder} listens there" if holder else ""
    return f"cannot listen on {listener.address} ({name}): {error.strerror}{held}"
