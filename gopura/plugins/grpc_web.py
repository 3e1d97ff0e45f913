"""gRPC-Web: lets browsers call gRPC services."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config


class GrpcWeb(Plugin, name="grpc-web", priority=3, protocols=ALL_PROTOCOLS):
    """Translates between gRPC-Web and gRPC."""

    class Config(config.Record):
        """Which service, and who may call."""

        proto: Annotated[str | None, config.Optional()] = None
        """The .proto file that describes the service; needed to accept JSON."""
        pass_stripped_path: Annotated[bool | None, config.Optional()] = None
        """Whether the upstream gets the path without the part that the route matched."""
        allow_origin_header: Annotated[str | None, config.Optional()] = "*"
        """The value of Access-Control-Allow-Origin."""
