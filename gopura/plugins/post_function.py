"""Post-function: Lua code that runs after all other plugins."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config
from gopura.schema.types.lua import compiles

PHASES = ("certificate", "rewrite", "access", "header_filter", "body_filter", "log")

_Code = list[Annotated[str, config.Optional(), compiles("error parsing post-function")]]


class PostFunction(Plugin, name="post-function", priority=-1000, protocols=ALL_PROTOCOLS, no_consumer=True):
    """Runs the code in its phases."""

    checks = (config.AtLeastOneOf(*(f"config.{phase}" for phase in PHASES)),)

    class Config(config.Record):
        """The code, by phase."""

        certificate: _Code = []
        """Runs when the client's TLS hello has come."""
        rewrite: _Code = []
        """Runs before a route is looked for."""
        access: _Code = []
        """Runs before the upstream gets the request."""
        header_filter: _Code = []
        """Runs when the response's head has come."""
        body_filter: _Code = []
        """Runs for each piece of the response's body."""
        log: _Code = []
        """Runs after the response."""
