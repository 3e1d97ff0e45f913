"""What routes match on."""

import re
from typing import Annotated

from gopura.schema.checks import AtLeastOneOf
from gopura.schema.record import Record
from gopura.schema.rules import Custom, Description, Match, MatchAll, MatchAny, Pattern, SetOf
from gopura.schema.servable import route_problem
from gopura.schema.types.network import (
    NO_EMPTY_SEGMENTS,
    IpOrCidr,
    Port,
    escape_problem,
    host_with_port_problem,
)
from gopura.schema.types.normal_path import normalised

_HEADER_NAME = re.compile(r"[A-Za-z0-9\-_]+\Z")


def header_name_problem(name: str) -> str | None:
    """A character that no header's name may have here."""
    return _bad_name("header", name)


def cookie_name_problem(name: str) -> str | None:
    """A character that no cookie's name may have."""
    return _bad_name("cookie", name)


def _bad_name(what: str, name: str) -> str | None:
    if _HEADER_NAME.match(name):
        return None
    return f"bad {what} name '{name}', allowed characters are A-Z, a-z, 0-9, '_', and '-'"


def _host_pattern(host: str) -> str | None:
    return host_with_port_problem(host.replace("*", "abc"))


def _router_path(path: str) -> str | None:
    message = escape_problem(path) if path_is_plain(path) else None
    if message:
        return message
    if path.startswith("~"):
        why = route_problem(paths=[path])
        return why and f"invalid regex: '{path[1:]}' (PCRE returned: {_in_one_line(why)})"
    normal = normalised(path)
    return None if path == normal else f"non-normalized path, consider use '{normal}' instead"


def _header_value(value: str) -> str | None:
    why = route_problem(headers={"x": [value]}) if value.startswith("~*") else None
    return why and f"invalid regex: '{value[2:]}' ({_in_one_line(why)})"


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def path_is_plain(path: str) -> bool:
    """Whether only the characters of RFC 3986 occur, so that percent signs are escapes."""
    return re.fullmatch(r"/[\w.\-~/%:@!$&'()*+,;=]*", path, re.ASCII) is not None


class Endpoint(Record):
    """An address, a port or both."""

    checks = (AtLeastOneOf("ip", "port"),)

    ip: IpOrCidr | None = None
    """The address, or a network of addresses."""
    port: Port | None = None
    """The port."""


Method = Annotated[str, Match("^%u+$", r"^[A-Z]+\Z"), Description("An HTTP method, in capitals.")]
Methods = Annotated[list[Method], SetOf(), Description("The HTTP methods to match.")]
HostPattern = Annotated[
    str,
    MatchAll(
        Pattern(
            "^[^*]*%*?[^*]*$", r"^[^*]*(?:\*[^*]*)?\Z", "invalid wildcard: must have at most one wildcard"
        )
    ),
    MatchAny(
        Pattern("^%*%.", r"^\*\."),
        Pattern("%.%*$", r"\.\*\Z"),
        Pattern("^[^*]*$", r"^[^*]*\Z"),
        err="invalid wildcard: must be placed at leftmost or rightmost label",
    ),
    Custom(_host_pattern),
]
Hosts = Annotated[
    list[HostPattern], Description("The hosts to match; the first or the last label may be `*`.")
]
RouterPath = Annotated[
    str,
    MatchAny(Pattern("^/"), Pattern("^~/"), err="should start with: / (fixed path) or ~/ (regex path)"),
    NO_EMPTY_SEGMENTS,
    Custom(_router_path),
]
RouterPaths = Annotated[
    list[RouterPath], Description("The paths to match: prefixes, or regular expressions after a `~`.")
]
HeaderName = Annotated[str, Custom(header_name_problem), Description("An HTTP header's name.")]
HeaderValue = Annotated[str, Custom(_header_value)]
Headers = Annotated[dict[HeaderName, list[str]], Description("Header names, each with the values to match.")]
Endpoints = Annotated[list[Endpoint], SetOf(), Description("Addresses and ports to match.")]
