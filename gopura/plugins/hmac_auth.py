"""HMAC authentication: a client signs its requests."""

from typing import Annotated

from gopura.plugin import Plugin, config

ALGORITHMS = ("hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512")


class HmacAuth(Plugin, name="hmac-auth", priority=1030, no_consumer=True):
    """Finds the consumer whose secret the request is signed with."""

    class Config(config.Record):
        """What must be signed, and how."""

        hide_credentials: bool = False
        """Whether the signature is removed before the upstream gets the request."""
        clock_skew: Annotated[float | None, config.Gt(0)] = 300
        """How many seconds the Date header may be off."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid signature; without it they are refused."""
        validate_request_body: bool = False
        """Whether the body must match the Digest header."""
        enforce_headers: list[str] | None = []
        """The headers that must be signed at least."""
        algorithms: list[Annotated[str, config.OneOf(*ALGORITHMS)]] | None = list(ALGORITHMS)
        """The algorithms that are accepted."""
