"""Protocols that routes accept and services speak."""

from typing import Annotated

from gopura.schema.rules import Description, OneOf, Required, SetOf

PROTOCOLS = ("grpc", "grpcs", "http", "https", "tcp", "tls", "tls_passthrough", "udp")
HTTP_PROTOCOLS = ("grpc", "grpcs", "http", "https")

Protocol = Annotated[str, OneOf(*PROTOCOLS), Description("A protocol's name.")]
Protocols = Annotated[list[Protocol], SetOf(), Required(), Description("The protocols to act on.")]
