"""Azure Functions: answers requests by calling a function."""

from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Plugin, config

_Secret = Annotated[str | None, config.Encrypted(), config.Referenceable()]


class AzureFunctions(Plugin, name="azure-functions", priority=749, protocols=ALL_PROTOCOLS):
    """Calls the function with the request, and answers with what it returns."""

    class Config(config.Record):
        """Which function, called how."""

        timeout: float | None = 600000
        """How many milliseconds the call may take."""
        keepalive: float | None = 60000
        """How many milliseconds an idle connection is kept."""
        https: bool | None = True
        """Whether to call by HTTPS."""
        https_verify: bool | None = False
        """Whether to verify the server's certificate."""
        apikey: _Secret = None
        """The key of the function (x-functions-key)."""
        clientid: _Secret = None
        """The id of the client (x-functions-clientid)."""
        appname: str
        """The name of the app."""
        hostdomain: str = "azurewebsites.net"
        """The domain below which the app is."""
        routeprefix: str | None = "api"
        """The first part of the function's path."""
        functionname: str
        """The name of the function."""
