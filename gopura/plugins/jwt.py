"""JWT: a client shows a signed token."""

from typing import Annotated

from gopura.plugin import Plugin, config

_Names = Annotated[list[str] | None, config.SetOf()]


class Jwt(Plugin, name="jwt", priority=1450, no_consumer=True):
    """Finds the consumer whose key the request's token is signed with."""

    checks = (
        config.Conditional(
            "config.maximum_expiration", config.Gt(0), "config.claims_to_verify", config.Contains("exp")
        ),
    )

    class Config(config.Record):
        """Where to look for the token, and what it must say."""

        uri_param_names: _Names = ["jwt"]
        """The query arguments that may carry the token."""
        cookie_names: _Names = []
        """The cookies that may carry the token."""
        key_claim_name: str | None = "iss"
        """The claim that names the key."""
        secret_is_base64: bool = False
        """Whether the keys' secrets are in base64."""
        claims_to_verify: Annotated[
            list[Annotated[str, config.OneOf("exp", "nbf")]] | None, config.SetOf()
        ] = None
        """The claims that are verified besides the signature."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid token; without it they are refused."""
        run_on_preflight: bool = True
        """Whether CORS preflight requests (OPTIONS) need a token as well."""
        maximum_expiration: Annotated[float | None, config.Between(0, 31536000)] = 0
        """How many seconds from now a token may end at most; 0: any."""
        header_names: _Names = ["authorization"]
        """The headers that may carry the token."""
