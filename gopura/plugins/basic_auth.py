"""Basic authentication: a client shows a user name and a password."""

from gopura.plugin import Plugin, config


class BasicAuth(Plugin, name="basic-auth", priority=1100, no_consumer=True):
    """Finds the consumer whose user name and password the request carries."""

    class Config(config.Record):
        """What to do with the credential, and without one."""

        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid credential; without it they are refused."""
        hide_credentials: bool = False
        """Whether the Authorization header is removed before the upstream gets the request."""
