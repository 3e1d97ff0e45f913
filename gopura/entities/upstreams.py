"""Upstreams: names behind which several targets share the requests."""

from collections.abc import Mapping
from typing import Annotated, Any

from gopura.entities._health_checks import DEFAULTS, HealthChecks
from gopura.schema import (
    Advice,
    Between,
    Conditional,
    CreatedAt,
    Custom,
    Distinct,
    Entity,
    Foreign,
    ForeignKey,
    HeaderName,
    HostWithPort,
    LenMin,
    Match,
    OneOf,
    Path,
    Required,
    Shorthand,
    Tags,
    Unique,
    UpdatedAt,
    Uuid,
)
from gopura.schema.advice import advise
from gopura.schema.types.address import parsed_address
from gopura.schema.types.routing import cookie_name_problem

SOURCES = ("none", "consumer", "ip", "header", "cookie", "path", "query_arg", "uri_capture")

_HashSource = Annotated[str | None, OneOf(*SOURCES)]
_Parameter = Annotated[str | None, LenMin(1)]


def _name(name: str) -> str | None:
    try:
        address = parsed_address(name)
    except ValueError:
        return f"Invalid name ('{name}'); must be a valid hostname"
    if address.kind != "name":
        return f"Invalid name ('{name}'); no ip addresses allowed"
    return f"Invalid name ('{name}'); no port allowed" if address.port else None


def _if_hashing(on: str, source: str, then_field: str, then_match: Any = None) -> Conditional:
    return Conditional(on, Match(f"^{source}$"), then_field, then_match or Required())


def _fallback(source: str, *allowed: str) -> Conditional:
    return _if_hashing("hash_on", source, "hash_fallback", OneOf(*allowed))


def _from_algorithm(algorithm: str | None) -> dict[str, Any]:
    """Algorithms that do not hash forget what to hash on; null is the default."""
    algorithm = algorithm or "round-robin"
    forget = algorithm in ("least-connections", "latency")
    return {"algorithm": algorithm} | ({"hash_on": None} if forget else {})


def _from_hash_on(source: str | None) -> dict[str, Any]:
    """Hashing on something means consistent hashing; hashing on nothing means taking turns."""
    if source is None:
        return {"hash_on": "none"}
    return {"hash_on": source, "algorithm": "round-robin" if source == "none" else "consistent-hashing"}


def _hashing_something(row: Mapping[str, Any]) -> None:
    if row["algorithm"] == "consistent-hashing" and row["hash_on"] in ("none", None):
        advise(
            f"upstream {row['name']}: 'consistent-hashing' has nothing to hash without 'hash_on': all requests go "
            "to one target"
        )


class Upstream(Entity, name="upstreams", endpoint_key="name"):
    """How requests to one name are spread over its targets."""

    checks = (
        _if_hashing("hash_on", "header", "hash_on_header"),
        _if_hashing("hash_fallback", "header", "hash_fallback_header"),
        _if_hashing("hash_on", "cookie", "hash_on_cookie"),
        _if_hashing("hash_fallback", "cookie", "hash_on_cookie"),
        _fallback("none", "none"),
        _fallback("cookie", "none"),
        _fallback("consumer", "none", "ip", "header", "cookie", "path", "query_arg", "uri_capture"),
        _fallback("ip", "none", "consumer", "header", "cookie", "path", "query_arg", "uri_capture"),
        _fallback("path", "none", "consumer", "header", "cookie", "query_arg", "ip", "uri_capture"),
        Distinct("hash_on_header", "hash_fallback_header"),
        _if_hashing("hash_on", "query_arg", "hash_on_query_arg"),
        _if_hashing("hash_fallback", "query_arg", "hash_fallback_query_arg"),
        Distinct("hash_on_query_arg", "hash_fallback_query_arg"),
        _if_hashing("hash_on", "uri_capture", "hash_on_uri_capture"),
        _if_hashing("hash_fallback", "uri_capture", "hash_fallback_uri_capture"),
        Distinct("hash_on_uri_capture", "hash_fallback_uri_capture"),
        Advice("name", "algorithm", "hash_on", check=_hashing_something),
    )
    shorthands = (Shorthand("algorithm", str, _from_algorithm), Shorthand("hash_on", str, _from_hash_on))

    id: Uuid
    created_at: CreatedAt
    name: Annotated[str, Unique(), Custom(_name)]
    """The name; a service whose host is this name uses the upstream."""
    updated_at: UpdatedAt
    algorithm: Annotated[
        str | None, OneOf("consistent-hashing", "least-connections", "round-robin", "latency")
    ] = "round-robin"
    """How a target is chosen."""
    hash_on: _HashSource = "none"
    """What consistent hashing looks at."""
    hash_fallback: _HashSource = "none"
    """What it looks at when the request lacks that."""
    hash_on_header: HeaderName | None = None
    """The header to hash."""
    hash_fallback_header: HeaderName | None = None
    """The header to hash as a fallback."""
    hash_on_cookie: Annotated[str | None, Custom(cookie_name_problem)] = None
    """The cookie to hash; it is set when the request has none."""
    hash_on_cookie_path: Path | None = "/"
    """The path of the cookie that is set."""
    hash_on_query_arg: _Parameter = None
    """The query argument to hash."""
    hash_fallback_query_arg: _Parameter = None
    """The query argument to hash as a fallback."""
    hash_on_uri_capture: _Parameter = None
    """The named group of the route's path to hash."""
    hash_fallback_uri_capture: _Parameter = None
    """The named group of the route's path to hash as a fallback."""
    slots: Annotated[int | None, Between(10, 65536)] = 10000
    """The size of the ring of consistent hashing."""
    healthchecks: HealthChecks = DEFAULTS
    """How sick targets are found."""
    tags: Tags | None = None
    host_header: HostWithPort | None = None
    """The Host header that targets get."""
    client_certificate: Annotated[ForeignKey | None, Foreign("certificates")] = None
    """The certificate to present to targets."""
    use_srv_name: bool | None = False
    """Whether targets found by SRV records get the record's name as Host header."""
