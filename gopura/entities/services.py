"""Services: the upstream applications that routes lead to."""

from typing import Annotated, Any

from gopura.schema import (
    Between,
    Conditional,
    CreatedAt,
    DefaultNull,
    Entity,
    Eq,
    Foreign,
    ForeignKey,
    Host,
    NotOneOf,
    OneOf,
    OptionalUuid,
    Path,
    Port,
    Protocol,
    Shorthand,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
)
from gopura.schema.types.url import parsed_url

_NOT_TLS = NotOneOf("https", "tls")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PROTOCOLS: dict[int | str | None, str] = {80: "http", 443: "https"}

_Timeout = Annotated[int | None, Between(1, 2**31 - 2)]


def _from_url(url: str | None) -> dict[str, Any]:
    """Take a URL apart; a part that it lacks gets its default."""
    if url is None:
        return {}
    parts = parsed_url(url)
    port = int(parts.port) if parts.port and parts.port.isdecimal() else parts.port
    protocol = parts.scheme or _PROTOCOLS.get(port, "http")
    default_port = _DEFAULT_PORTS.get(protocol, 80)
    return {
        "protocol": protocol,
        "host": parts.host,
        "port": default_port if port is None else port,
        "path": parts.path,
    }


class Service(Entity, name="services", endpoint_key="name"):
    """An upstream application: where it is and how to talk to it."""

    checks = (
        Conditional("protocol", OneOf("tcp", "tls", "udp", "grpc", "grpcs"), "path", Eq(None)),
        Conditional("protocol", _NOT_TLS, "client_certificate", Eq(None)),
        Conditional("protocol", _NOT_TLS, "tls_verify", Eq(None)),
        Conditional("protocol", _NOT_TLS, "tls_verify_depth", Eq(None)),
        Conditional("protocol", _NOT_TLS, "ca_certificates", Eq(None)),
    )
    shorthands = (Shorthand("url", str, _from_url),)

    id: Uuid
    created_at: CreatedAt
    updated_at: UpdatedAt
    name: Utf8Name | None = None
    """The service's name."""
    retries: Annotated[int | None, Between(0, 32767)] = 5
    """How often a request is tried again when the upstream cannot be reached."""
    protocol: Protocol = "http"
    """The protocol to speak with the upstream."""
    host: Host
    """The upstream's host: a name, an address, or the name of an Upstream entity."""
    port: Port = 80
    """The upstream's port."""
    path: Path | None = None
    """A path to put in front of the request's own."""
    connect_timeout: _Timeout = 60000
    """How long connecting may take, in milliseconds."""
    write_timeout: _Timeout = 60000
    """How long the upstream may take to accept a piece of the request, in milliseconds."""
    read_timeout: _Timeout = 60000
    """How long the upstream may take between pieces of its answer, in milliseconds."""
    tags: Tags | None = None
    client_certificate: Annotated[ForeignKey | None, Foreign("certificates")] = None
    """The certificate to present to the upstream."""
    tls_verify: bool | None = None
    """Whether to verify the upstream's certificate; null leaves it to the node's setting."""
    tls_verify_depth: Annotated[int | None, Between(0, 64), DefaultNull()] = None
    """How long the upstream's chain of certificates may be."""
    ca_certificates: list[OptionalUuid] | None = None
    """The ids of the CA certificates to verify the upstream's certificate with."""
    enabled: bool = True
    """Whether routes lead to it; a disabled service is as good as absent."""
