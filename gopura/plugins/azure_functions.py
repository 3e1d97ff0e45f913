"""Azure Functions: answers requests by calling a function."""

from typing import Annotated, Any

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, Use, config
from gopura.plugin.http import StepTimeouts
from gopura.release import VERSION

BODY_LIMIT = 16 << 20
"""Bytes of a body that are held for a function; larger ones are refused."""

# What belongs to one connection, or was undone while the answer was read.
_DROPPED = frozenset({
    "connection", "keep-alive", "proxy-connection", "upgrade", "transfer-encoding", "content-length",
    "content-encoding",
})  # fmt: skip

_Secret = Annotated[str | None, config.Encrypted(), config.Referenceable()]


class AzureFunctions(Plugin, name="azure-functions", priority=749, protocols=ALL_PROTOCOLS):
    """Calls the function with the request, and answers with what it returns."""

    example = {"appname": "shop", "functionname": "hello", "apikey": "{vault://env/azure-key}"}

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

    def request_body_limit(self, config: Config) -> int:
        """Have the body read."""
        return BODY_LIMIT

    def prepare(self, config: Config, use: Use) -> Config:
        """Have the client ready before the first call."""
        self.node.http.prepare(verify=bool(config.https_verify))
        return config

    async def access(self, exchange: Exchange, config: Config) -> None:
        """Call the function and answer with what it returns."""
        if exchange.limit_body(BODY_LIMIT):
            return
        try:
            answer = await self.node.http.request(
                exchange.request.method,
                url(exchange, config),
                headers=headers(exchange, config),
                content=exchange.request.body,
                timeout=StepTimeouts.alike((config.timeout or 600_000) / 1000),
                verify=bool(config.https_verify),
            )
        except Exception as error:
            self.log_to.error("%s cannot be called: %s", config.appname, error)  # noqa: TRY400 - not ours to mend
            exchange.exit(500, {"message": "An unexpected error occurred"})
            return
        kept: dict[str, Any] = {}
        for name, value in answer.headers.multi_items():
            if name.lower() not in _DROPPED:
                kept.setdefault(name.title(), []).append(value)
        exchange.exit(answer.status_code, answer.content, kept | {"Via": f"gopura/{VERSION}"})


def url(exchange: Exchange, config: AzureFunctions.Config) -> str:
    """Where the function is: behind its name comes the rest of the request's path."""
    prefix, function = (config.routeprefix or "").strip("/"), config.functionname.strip("/")
    path = f"/{prefix}/{function}" if prefix else f"/{function}"
    rest = exchange.upstream_request.path.lstrip("/")
    query = exchange.request.raw_query
    address = f"{'https' if config.https else 'http'}://{config.appname}.{config.hostdomain}"
    return f"{address}{path.rstrip('/')}/{rest}" + (f"?{query}" if query else "")


def headers(exchange: Exchange, config: AzureFunctions.Config) -> list[tuple[str, str]]:
    """The request's headers, and who calls."""
    own = {"x-functions-key": config.apikey, "x-functions-clientid": config.clientid}
    left_out = _DROPPED | own.keys() | {"host"}
    lines = [
        (name, value) for name, value in exchange.request.headers.items() if name.lower() not in left_out
    ]
    return lines + [(name, value) for name, value in own.items() if value]
