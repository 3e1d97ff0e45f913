"""Key authentication: a client shows a key, in a header, the query string or the body."""

from gopura.plugin import Plugin, config


class KeyAuth(Plugin, name="key-auth", priority=1250, no_consumer=True):
    """Finds the consumer whose key the request carries."""

    class Config(config.Record):
        """Where to look for the key, and what to do without one."""

        key_names: list[config.HeaderName] = ["apikey"]
        """The names under which the key is looked for."""
        hide_credentials: bool = False
        """Whether the key is removed from the request before the upstream gets it."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid key; without it they are refused."""
        key_in_header: bool = True
        """Whether the key may stand in a header."""
        key_in_query: bool = True
        """Whether the key may stand in the query string."""
        key_in_body: bool = False
        """Whether the key may stand in a form, multipart or JSON body."""
        run_on_preflight: bool = True
        """Whether CORS preflight requests (OPTIONS) need a key as well."""
