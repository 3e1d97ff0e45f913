"""Key authentication: a client shows a key, in a header, the query string or the body."""

from gopura.plugin import Exchange, config
from gopura.plugin.authentication import Authenticator, Refusal
from gopura.plugin.body import Fields, sent

BODY_LIMIT = 1 << 20
"""Bytes of a body that are searched for a key."""

REALM = 'Key realm="kong"'
NO_KEY = Refusal(401, "No API key found in request")
DUPLICATE = Refusal(401, "Duplicate API key found")
UNKNOWN = Refusal(401, "Invalid authentication credentials")


class KeyAuth(Authenticator, name="key-auth", priority=1250, no_consumer=True):
    """Finds the consumer whose key the request carries."""

    example = {"key_names": ["apikey"], "hide_credentials": True}

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

    def request_body_limit(self, config: Config) -> int:
        """Have the body read when keys may be in it."""
        return BODY_LIMIT if config.key_in_body else 0

    def identify(self, exchange: Exchange, config: Config) -> None:
        """Look for a key, then for its credential."""
        body = Lazy(exchange) if config.key_in_body else None
        values, header, query = exchange.request.values, config.key_in_header, config.key_in_query
        for name in config.key_names:
            if not (found := values(name, header, query) or (body.values(name) if body else None)):
                continue
            if len(found) > 1:
                raise DUPLICATE
            if isinstance(key := found[0], str):
                if config.hide_credentials:
                    hide(exchange, body, name)
                return log_in(exchange, key)
        return log_in(exchange, "")


def log_in(exchange: Exchange, key: str) -> None:
    """Authenticate the key's consumer; raises Refusal when there is none."""
    if not key:
        # Kong leaves this header on the answer even when an anonymous consumer goes on.
        exchange.response.headers.set("WWW-Authenticate", REALM)
        raise NO_KEY
    if not exchange.log_in("keyauth_credentials", "key", key):
        raise UNKNOWN


class Lazy:
    """The body's fields, parsed when a key is looked for in them."""

    def __init__(self, exchange: Exchange) -> None:
        self._request = exchange.request
        self._fields: Fields | None = None
        self._parsed = False

    @property
    def fields(self) -> Fields | None:
        """The fields, or None when the body has none."""
        if not self._parsed:
            self._parsed = True
            self._fields = sent(self._request)
        return self._fields

    def values(self, name: str) -> list[str | bool]:
        """The value of a field; raises Refusal for more than a single one."""
        found = self.fields.get(name) if self.fields else None
        if isinstance(found, list | dict):
            raise DUPLICATE
        return [] if found is None else [found]


def hide(exchange: Exchange, body: Lazy | None, name: str) -> None:
    """Take what is called `name` out of the request, wherever it stands."""
    upstream = exchange.upstream_request
    upstream.headers.remove(name)
    query = exchange.request.query
    query.pop(name, None)
    upstream.set_query(query)
    if body and body.fields:
        body.fields.remove(name)
        upstream.set_body(body.fields.encode())
