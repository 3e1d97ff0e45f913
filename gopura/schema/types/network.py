"""Addresses, ports, paths and URLs."""

import ipaddress
import re
from typing import Annotated

from gopura.schema.rules import Between, Custom, Description, MatchNone, Pattern, StartsWith
from gopura.schema.types.address import BadPort, parsed_address
from gopura.schema.types.url import parsed_url

_PATH = re.compile(r"/[\w.\-~/%:@!$&'()*+,;=]*\Z", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")


def host_problem(host: str) -> str | None:
    """A name or an address, without a port."""
    try:
        address = parsed_address(host)
    except BadPort:
        return "must not have a port"
    except ValueError:
        return f"invalid value: {host}"
    return "must not have a port" if address.port is not None else None


def host_with_port_problem(host: str) -> str | None:
    """A name or an address, perhaps with a port."""
    try:
        parsed_address(host)
    except ValueError as error:
        return str(error)
    return None


def sni_problem(host: str) -> str | None:
    """A name, no address, without a port."""
    try:
        address = parsed_address(host)
    except BadPort:
        return "must not have a port"
    except ValueError:
        return f"invalid value: {host}"
    if address.kind != "name":
        return "must not be an IP"
    return "must not have a port" if address.port is not None else None


def wildcard_host_problem(host: str) -> str | None:
    """A name with at most one `*`, at either end."""
    index = host.find("*")
    if index < 0:
        return sni_problem(host)
    if index not in (0, len(host) - 1):
        return "wildcard must be leftmost or rightmost character"
    if host.count("*") > 1:
        return "only one wildcard must be specified"
    message = sni_problem(host.replace("*", "wildcard"))
    return message.replace("wildcard", "*") if message and message.startswith("invalid value") else message


def is_ip_or_cidr(text: str) -> bool:
    """An IPv4 or IPv6 address, perhaps with the length of a network prefix."""
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return "%" not in text


def _ip(text: str) -> str | None:
    return None if "/" not in text and is_ip_or_cidr(text) else f"not an ip address: {text}"


def _ip_or_cidr(text: str) -> str | None:
    return None if is_ip_or_cidr(text) else f"invalid ip or cidr range: '{text}'"


def escape_problem(path: str) -> str | None:
    """A `%` that is not followed by two hexadecimal digits."""
    raw = _ESCAPE.sub("___", path)
    index = raw.find("%")
    return None if index < 0 else f"invalid url-encoded value: '{raw[index : index + 3]}'"


def path_characters_problem(path: str) -> str | None:
    """A character that RFC 3986 does not allow in a path."""
    if _PATH.match(path):
        return None
    return f"invalid path: '{path}' (characters outside of the reserved list of RFC 3986 found)"


def _path(path: str) -> str | None:
    return path_characters_problem(path) or escape_problem(path)


def url_problem(url: str) -> str | None:
    """A URL with scheme and host."""
    parts = parsed_url(url)
    if parts.host is None:
        return "missing host in url"
    return "missing scheme in url" if parts.scheme is None else None


NO_EMPTY_SEGMENTS = MatchNone(Pattern("//", err="must not have empty segments"))

Host = Annotated[str, Custom(host_problem), Description("A host's name or address.")]
HostWithPort = Annotated[
    str, Custom(host_with_port_problem), Description("A host's name or address, perhaps with a port.")
]
WildcardHost = Annotated[
    str, Custom(wildcard_host_problem), Description("A host's name, perhaps with a `*`.")
]
Sni = Annotated[str, Custom(sni_problem), Description("A server name as in a TLS hello.")]
IpOrCidr = Annotated[str, Custom(_ip_or_cidr), Description("An IP address or a network (CIDR).")]
Ip = Annotated[str, Custom(_ip), Description("An IP address.")]
Port = Annotated[int, Between(0, 65535), Description("A port number.")]
Path = Annotated[str, StartsWith("/"), NO_EMPTY_SEGMENTS, Custom(_path), Description("The path of a URL.")]
Url = Annotated[str, Custom(url_problem), Description("A URL with scheme and host.")]
Timeout = Annotated[int, Between(0, 2**31 - 2), Description("A time limit in milliseconds.")]
