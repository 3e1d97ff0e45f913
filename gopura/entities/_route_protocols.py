"""What a route's protocols allow its other fields to be."""

from typing import Annotated

from gopura.schema import (
    Check,
    ConditionalAtLeastOneOf,
    Contains,
    Elements,
    Eq,
    Ne,
    OneOf,
    Shape,
    specialised,
)

_STREAM = "'tcp', 'tls', 'tls_passthrough' or 'udp'"


def by_protocol(base: Shape) -> dict[str, Shape]:
    """The shape of a route for each protocol; the first protocol of a route decides."""
    http, stream, grpc = _http(base), _stream(base), _grpc(base)
    streams = ("tcp", "tls", "udp", "tls_passthrough")
    return {"http": http, "https": http, **dict.fromkeys(streams, stream), "grpc": grpc, "grpcs": grpc}


def _http(base: Shape) -> Shape:
    check = ConditionalAtLeastOneOf(
        "protocols",
        Contains("https"),
        ("methods", "hosts", "headers", "paths", "snis"),
        "must set one of %s when 'protocols' is 'https'",
        Contains("http"),
        ("methods", "hosts", "headers", "paths"),
        "must set one of %s when 'protocols' is 'http'",
    )
    return _forbidding(base, ("sources", "destinations"), "'http' or 'https'", check)


def _stream(base: Shape) -> Shape:
    plain = ConditionalAtLeastOneOf(
        "protocols",
        Elements(Annotated[str, OneOf("tcp", "tls", "udp")]),
        ("sources", "destinations", "snis"),
        "must set one of %s when 'protocols' is 'tcp', 'tls' or 'udp'",
    )
    passthrough = ConditionalAtLeastOneOf(
        "protocols",
        Elements(Annotated[str, OneOf("tls_passthrough")]),
        ("snis",),
        "must set snis when 'protocols' is 'tls_passthrough'",
    )
    return _forbidding(base, ("methods", "hosts", "paths", "headers"), _STREAM, plain, passthrough)


def _grpc(base: Shape) -> Shape:
    check = ConditionalAtLeastOneOf(
        "protocols",
        Contains("grpcs"),
        ("hosts", "headers", "paths", "snis"),
        "must set one of %s when 'protocols' is 'grpcs'",
        Contains("grpc"),
        ("hosts", "headers", "paths"),
        "must set one of %s when 'protocols' is 'grpc'",
    )
    shape = _forbidding(base, ("methods", "sources", "destinations"), "'grpc' or 'grpcs'", check)
    message = "cannot set 'strip_path' when 'protocols' is 'grpc' or 'grpcs'"
    strip_path = shape.fields["strip_path"].overlaid(Ne(True, err=message), default=False)
    return specialised(shape, Shape({"strip_path": strip_path}))


def _forbidding(base: Shape, names: tuple[str, ...], protocols: str, *checks: Check) -> Shape:
    fields = {
        name: base.fields[name].overlaid(Eq(None, err=f"cannot set '{name}' when 'protocols' is {protocols}"))
        for name in names
    }
    return specialised(base, Shape(fields, checks))
