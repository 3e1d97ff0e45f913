"""Routes: which requests go to which service."""

import logging
from functools import cache
from typing import Annotated, Any

from gopura.entities._route_protocols import by_protocol
from gopura.schema import (
    Conditional,
    CreatedAt,
    CustomCheck,
    Elements,
    Endpoints,
    Entity,
    Foreign,
    ForeignKey,
    HeaderName,
    HeaderValue,
    Hosts,
    LenEq,
    LenMin,
    MatchNone,
    Methods,
    MutuallyExclusiveSubsets,
    NotOneOf,
    OneOf,
    Pattern,
    Protocol,
    Required,
    RouterPaths,
    SetOf,
    Shape,
    Sni,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
)
from gopura.schema.servable import route_problem

log = logging.getLogger(__name__)

_NO_HOST = MatchNone(
    Pattern(
        "^[Hh][Oo][Ss][Tt]$",
        r"^[Hh][Oo][Ss][Tt]\Z",
        "cannot contain 'host' header, which must be specified in the 'hosts' attribute",
    )
)

_Name = Annotated[HeaderName, _NO_HOST, Required()]
_Values = Annotated[list[HeaderValue], Required()]

ProtocolSet = Annotated[
    list[Protocol],
    SetOf(),
    LenMin(1),
    MutuallyExclusiveSubsets(
        ("http", "https"), ("tcp", "tls", "udp"), ("tls_passthrough",), ("grpc", "grpcs")
    ),
]


def _path_handling(row: dict[str, Any]) -> None:
    if row["path_handling"] == "v1":
        log.warning("path_handling v1 is deprecated and has no effect in every router flavour; use v0")


def _all_paths(row: dict[str, Any]) -> str | None:
    """What each path is checked for alone must hold for all of them together."""
    has_regex = any(path.startswith("~") for path in row["paths"] or ())
    why = route_problem(paths=row["paths"]) if has_regex else None
    return why and f"Router Expression failed validation: {why}"


class Route(Entity, name="routes", endpoint_key="name", variant_key="protocols"):
    """A rule that matches requests and says where they go."""

    checks = (
        Conditional(
            "protocols",
            Elements(Annotated[str, NotOneOf("grpcs", "https", "tls", "tls_passthrough")]),
            "snis",
            LenEq(0),
            "'snis' can only be set when 'protocols' is 'grpcs', 'https', 'tls' or 'tls_passthrough'",
        ),
        CustomCheck("path_handling", check=_path_handling),
        CustomCheck("id", "paths", check=_all_paths, with_missing=True),
    )

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    name: Utf8Name | None = None
    """The route's name."""
    protocols: ProtocolSet = ["http", "https"]
    """The protocols that requests may come by."""
    methods: Methods | None = None
    hosts: Hosts | None = None
    paths: RouterPaths | None = None
    headers: dict[_Name, _Values] | None = None
    """Headers to match, each with the values that it may have; a regular expression stands after `~*`."""
    https_redirect_status_code: Annotated[int, OneOf(426, 301, 302, 307, 308)] = 426
    """What to answer when everything but the protocol matches."""
    regex_priority: int | None = 0
    """Which of several matching regular expressions wins: the highest."""
    strip_path: bool = True
    """Whether the matched part of the path is left out towards the upstream."""
    path_handling: Annotated[str | None, OneOf("v0", "v1")] = "v0"
    """How the service's path and the rest of the request's path are joined."""
    preserve_host: bool = False
    """Whether the upstream gets the request's Host header instead of the service's host."""
    request_buffering: bool = True
    """Whether the request's body is read before the upstream gets it."""
    response_buffering: bool = True
    """Whether the response's body is read before the client gets it."""
    snis: Annotated[list[Sni] | None, SetOf()] = None
    """Server names of the TLS hello to match."""
    sources: Endpoints | None = None
    """Where the connection may come from."""
    destinations: Endpoints | None = None
    """Where the connection may arrive."""
    tags: Tags | None = None
    service: Annotated[ForeignKey | None, Foreign("services")] = None
    """Where the requests go."""

    @staticmethod
    def variants(protocol: str) -> Shape | None:
        """The route as this protocol restricts it."""
        return _variants().get(protocol)


@cache
def _variants() -> dict[str, Shape]:
    return by_protocol(Route.shape())
