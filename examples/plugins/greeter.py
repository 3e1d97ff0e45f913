"""Greets the client by the name that it gives."""

from gopura.plugin import Exchange, Plugin, Response, config


class Greeter(Plugin, name="greeter", priority=500):
    """Wants a name in a header; answers with a greeting in another."""

    class Config(config.Record):
        """What the greeting says, and where the name is."""

        greeting: str = "Hello"
        """The word before the name."""
        header: config.HeaderName = "X-Name"
        """The header in which the client gives its name."""

    def access(self, exchange: Exchange, config: Config) -> Response | None:
        """Refuse requests without a name."""
        if exchange.request.headers.get(config.header) is None:
            return exchange.exit(400, {"message": f"Say who you are in {config.header}"})
        return None

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Greet."""
        name = exchange.request.headers.get(config.header) or "stranger"
        exchange.response.headers.set("X-Greeting", f"{config.greeting}, {name}")
