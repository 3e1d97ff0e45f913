"""Ready-made annotated types, one file per subject."""

from gopura.schema.types.identity import (
    CreatedAt,
    ForeignKey,
    Name,
    OptionalUuid,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
)
from gopura.schema.types.network import (
    Host,
    HostWithPort,
    IpOrCidr,
    Path,
    Port,
    Sni,
    Timeout,
    Url,
    WildcardHost,
)
from gopura.schema.types.protocols import Protocol, Protocols
from gopura.schema.types.routing import Endpoints, HeaderName, Headers, Hosts, Method, Methods, RouterPaths

__all__ = [
    "CreatedAt",
    "Endpoints",
    "ForeignKey",
    "HeaderName",
    "Headers",
    "Host",
    "HostWithPort",
    "Hosts",
    "IpOrCidr",
    "Method",
    "Methods",
    "Name",
    "OptionalUuid",
    "Path",
    "Port",
    "Protocol",
    "Protocols",
    "RouterPaths",
    "Sni",
    "Tags",
    "Timeout",
    "UpdatedAt",
    "Url",
    "Utf8Name",
    "Uuid",
    "WildcardHost",
]
