"""Host addresses: names, IPv4 and IPv6, each perhaps with a port."""

import ipaddress
import re
from dataclasses import dataclass

_IPV4 = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?::(\d+))?\Z", re.ASCII)
_BRACKETED = re.compile(r"\[(.*)\](?::(\d*))?\Z")
_NAME = re.compile(r"[0-9A-Za-z\-._]+\Z")
_PORT = re.compile(r":(\d+)\Z", re.ASCII)


class BadPort(ValueError):  # noqa: N818 - says what is bad
    """The port is above 65535."""

    def __init__(self) -> None:
        super().__init__("invalid port number")


@dataclass(frozen=True)
class Address:
    """`kind` is name, ipv4 or ipv6; an IPv6 host is in its long form without brackets."""

    kind: str
    host: str
    port: int | None = None


def parsed_address(text: str) -> Address:
    """Split and normalise an address; raises ValueError, BadPort for a port out of range."""
    if text.count(":") > 1:
        return _ipv6(text)
    if re.fullmatch(r"[\d.]+", text.replace(":", ""), re.ASCII):
        return _ipv4(text)
    return _name(text)


def _port(digits: str | None) -> int | None:
    if not digits:
        return None
    if int(digits[:8]) > 65535:
        raise BadPort
    return int(digits)


def _ipv4(text: str) -> Address:
    match = _IPV4.match(text)
    if not match or any(int(part) > 255 for part in match.groups()[:4]):
        raise ValueError(f"invalid ipv4 address: {text}")
    host = ".".join(str(int(part)) for part in match.groups()[:4])
    return Address("ipv4", host, _port(match[5]))


def _ipv6(text: str) -> Address:
    match = _BRACKETED.match(text)
    host, digits = (match[1], match[2]) if match else (text, None)
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        raise ValueError(f"invalid ipv6 address: {text}") from None
    return Address("ipv6", address.exploded, _port(digits))


def _name(text: str) -> Address:
    match = _PORT.search(text)
    name = text[: match.start()] if match else text
    port = _port(match[1] if match else None)
    segments = name.split(".")
    empty_inside = any(not segment for segment in segments[:-1])
    if not _NAME.match(name) or empty_inside or any(segment.endswith("-") for segment in segments):
        raise ValueError(f"invalid hostname: {text}")
    return Address("name", name, port)
