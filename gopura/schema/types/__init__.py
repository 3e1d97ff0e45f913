"""Ready-made annotated types, one file per subject."""

from gopura.schema.types.certificate import CertificateText, KeyText
from gopura.schema.types.identity import (
    CreatedAt,
    ForeignKey,
    Name,
    OptionalUuid,
    SemanticVersion,
    Tags,
    UpdatedAt,
    Utf8Name,
    Uuid,
)
from gopura.schema.types.lua import LuaFields
from gopura.schema.types.network import (
    Host,
    HostWithPort,
    Ip,
    IpOrCidr,
    Path,
    Port,
    Sni,
    Timeout,
    Url,
    WildcardHost,
)
from gopura.schema.types.protocols import Protocol, Protocols
from gopura.schema.types.queue import Queue
from gopura.schema.types.routing import (
    Endpoints,
    HeaderName,
    Headers,
    HeaderValue,
    Hosts,
    Method,
    Methods,
    RouterPaths,
)

__all__ = [
    "CertificateText",
    "CreatedAt",
    "Endpoints",
    "ForeignKey",
    "HeaderName",
    "HeaderValue",
    "Headers",
    "Host",
    "HostWithPort",
    "Hosts",
    "Ip",
    "IpOrCidr",
    "KeyText",
    "LuaFields",
    "Method",
    "Methods",
    "Name",
    "OptionalUuid",
    "Path",
    "Port",
    "Protocol",
    "Protocols",
    "Queue",
    "RouterPaths",
    "SemanticVersion",
    "Sni",
    "Tags",
    "Timeout",
    "UpdatedAt",
    "Url",
    "Utf8Name",
    "Uuid",
    "WildcardHost",
]
