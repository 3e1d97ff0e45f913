"""IP restriction: which addresses may pass."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config


class IpRestriction(Plugin, name="ip-restriction", priority=990, protocols=ALL_PROTOCOLS):
    """Lets clients pass by their address."""

    default_protocols = ("http", "https", "tcp", "tls", "grpc", "grpcs")
    checks = (config.AtLeastOneOf("config.allow", "config.deny"),)

    class Config(config.Record):
        """The addresses that pass, or those that do not."""

        allow: list[config.IpOrCidr] | None = None
        """The addresses and networks that may pass; no others do."""
        deny: list[config.IpOrCidr] | None = None
        """The addresses and networks that may not pass."""
        status: Annotated[float | None, config.Optional()] = None
        """The status of the refusal; 403 when it is left out."""
        message: Annotated[str | None, config.Optional()] = None
        """The message of the refusal."""
