"""gRPC gateway: lets JSON clients call gRPC services."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config


class GrpcGateway(Plugin, name="grpc-gateway", priority=998, protocols=ALL_PROTOCOLS):
    """Translates requests and responses between JSON and gRPC."""

    class Config(config.Record):
        """Which service."""

        proto: Annotated[str | None, config.Optional()] = None
        """The .proto file that describes the service and its HTTP mapping."""
