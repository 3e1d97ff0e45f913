"""Listen entries: `<ip>:<port>` with nginx's flags, several separated by commas, or `off`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_COMMON = (
    "proxy_protocol",
    "bind",
    "reuseport",
    "backlog=N",
    "ipv6only=on|off",
    "so_keepalive=on|off|idle:interval:count",
)
HTTP_FLAGS = ("ssl", "http2", "deferred", *_COMMON)
STREAM_FLAGS = ("ssl", "udp", *_COMMON)
DEFAULT_BACKLOG = 511

_ADDRESS = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:\[\]]+):(?P<port>\d+)")
_VALUES = {
    "backlog": re.compile(r"\d+"),
    "ipv6only": re.compile(r"on|off"),
    "so_keepalive": re.compile(r"on|off|\w*:\w*:\d*"),
}


@dataclass(frozen=True)
class Listener:
    """One address to listen on. `ip` is without brackets, or a host name."""

    ip: str
    port: int
    flags: tuple[str, ...] = ()

    def has(self, flag: str) -> bool:
        """Tell whether a flag without a value stands in the entry."""
        return flag in self.flags

    def value(self, name: str, default: str | None = None) -> str | None:
        """Return the value of `name=value`."""
        return next((flag.partition("=")[2] for flag in self.flags if flag.startswith(name + "=")), default)

    @property
    def backlog(self) -> int:
        """Length of the accept queue."""
        return int(self.value("backlog") or DEFAULT_BACKLOG)

    @property
    def address(self) -> str:
        """`ip:port`, with brackets around an IPv6 address."""
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    def __str__(self) -> str:
        return " ".join([self.address, *self.flags])


def parse_listen(entries: list[str], allowed: tuple[str, ...] = HTTP_FLAGS) -> list[Listener]:
    """Parse the entries of one setting; ValueError says which entry is wrong and what is allowed."""
    if entries[0] == "off":
        return []
    return [_listener(entry, allowed) for entry in entries]


def _listener(entry: str, allowed: tuple[str, ...]) -> Listener:
    address, *flags = entry.split() or [""]
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 <= int(match["port"]) <= 65535:
        raise ValueError(f"`<ip>:<port>` with a port up to 65535, not `{entry}`; or `off`")
    for flag in flags:
        if not _is_allowed(flag, allowed):
            raise ValueError(f"an address with the flags {', '.join(allowed)}, not `{flag}`")
    order = [name.partition("=")[0] for name in allowed]
    flags = sorted(dict.fromkeys(flags), key=lambda flag: order.index(flag.partition("=")[0]))
    return Listener(_host(match["host"], entry), int(match["port"]), tuple(flags))


def _is_allowed(flag: str, allowed: tuple[str, ...]) -> bool:
    name, equals, value = flag.partition("=")
    if not equals:
        return flag in allowed
    return (
        any(known.startswith(name + "=") for known in allowed) and _VALUES[name].fullmatch(value) is not None
    )


def _host(host: str, entry: str) -> str:
    if host.startswith("["):
        return str(ipaddress.IPv6Address(host.strip("[]")))
    if re.fullmatch(r"[\d.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError:
            raise ValueError(f"a valid IP address, not `{entry}`") from None
    return host
