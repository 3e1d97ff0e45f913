"""Cross-origin resource sharing: which web pages may call."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated
from urllib.parse import urlsplit

from gopura.plugin import Exchange, Headers, Pattern, Plugin, config

METHODS = ("GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT")

_PLAIN = Pattern(r"^[A-Za-z0-9.:/-]+\z")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _origin(origin: str) -> str | None:
    if origin == "*":
        return None
    return f"'{origin}' is not a valid regex" if config.regex_problem(origin) else None


class Cors(Plugin, name="cors", priority=2000, no_consumer=True):
    """Answers preflight requests, and adds the headers that browsers ask for."""

    example = {"origins": ["https://shop.example.com"], "credentials": True, "max_age": 3600}

    class Config(config.Record):
        """What browsers are told."""

        origins: list[Annotated[str, config.Custom(_origin)]] | None = None
        """The origins that may call: `*`, plain ones, or regular expressions. All when it is left out."""
        headers: list[str] | None = None
        """The request headers that pages may set; those they ask for when it is left out."""
        exposed_headers: list[str] | None = None
        """The response headers that pages may read."""
        methods: list[Annotated[str, config.OneOf(*METHODS)]] | None = list(METHODS)
        """The methods that pages may use."""
        max_age: float | None = None
        """How many seconds the answer to a preflight request may be cached."""
        credentials: bool = False
        """Whether pages may send cookies and other credentials."""
        private_network: bool = False
        """Whether public pages may call although this is a private network."""
        preflight_continue: bool = False
        """Whether preflight requests go on to the upstream."""

    def access(self, exchange: Exchange, config: Config) -> None:
        """Answer a preflight."""
        request = exchange.request
        asked = "access-control-request-method" in request.headers and "origin" in request.headers
        if request.method != "OPTIONS" or not asked:
            return
        exchange.ctx[self.name] = "preflight"
        if not config.preflight_continue:
            allow_origin(exchange, config)
            self._preflight(request.headers, exchange.response.headers, config)
            exchange.exit(200)

    def header_filter(self, exchange: Exchange, config: Config) -> None:
        """Tell the browser that this answer may be used."""
        if exchange.ctx.get(self.name):
            return
        allow_origin(exchange, config)
        if config.exposed_headers:
            headers = exchange.response.headers
            headers.set("Access-Control-Expose-Headers", ",".join(config.exposed_headers))

    @staticmethod
    def _preflight(asked: Headers, headers: Headers, config: Config) -> None:
        allowed = ",".join(config.headers) if config.headers else asked.get("access-control-request-headers")
        if allowed is not None:
            headers.set("Access-Control-Allow-Headers", allowed)
        methods = METHODS if config.methods is None else config.methods
        headers.set("Access-Control-Allow-Methods", ",".join(methods))
        if config.max_age is not None:
            headers.set("Access-Control-Max-Age", f"{config.max_age:.14g}")
        if config.private_network and asked.get("access-control-request-private-network") == "true":
            headers.set("Access-Control-Allow-Private-Network", "true")


def allow_origin(exchange: Exchange, config: Cors.Config) -> None:
    """Set Access-Control-Allow-Origin and -Credentials, and Vary where the answer depends on the origin."""
    headers = exchange.response.headers
    origin = exchange.request.headers.get("origin")
    everyone = not config.origins or config.origins == ["*"]
    if not everyone:
        headers.add("Vary", "Origin")
        allowed = allowed_origin(tuple(config.origins or ()), origin)
        if allowed is None:
            headers.remove("Access-Control-Allow-Origin")
        else:
            headers.set("Access-Control-Allow-Origin", allowed)
    elif not (config.credentials and origin):
        headers.set("Access-Control-Allow-Origin", "*")
    else:
        headers.add("Vary", "Origin")
        headers.set("Access-Control-Allow-Origin", origin)
    if config.credentials and (origin or not everyone):
        headers.set("Access-Control-Allow-Credentials", "true")


@lru_cache(maxsize=10_000)
def allowed_origin(allowed: tuple[str, ...], origin: str | None) -> str | None:
    """What Access-Control-Allow-Origin says to this origin; None: nothing."""
    if len(allowed) == 1 and _PLAIN.matches(allowed[0]):
        return allowed[0]
    if origin is None:
        return None
    given = Origin.parse(origin)
    return given.domain if any(matches(entry, given) for entry in allowed) else None


@dataclass(frozen=True)
class Origin:
    """An origin without its scheme's default port, and its host alone."""

    domain: str
    host: str

    @classmethod
    def parse(cls, text: str) -> "Origin":
        """Split an origin; what has no host is taken as it is."""
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            return cls(text, text)
        if not host:
            return cls(text, text)
        shown = "" if port is None or port == _DEFAULT_PORTS.get(parts.scheme) else f":{port}"
        scheme = f"{parts.scheme}://" if parts.scheme else ""
        return cls(f"{scheme}{host}{shown}", host)


def matches(entry: str, origin: Origin) -> bool:
    """Whether an allowed entry, exact or a regular expression, covers the origin."""
    if _PLAIN.matches(entry):
        return Origin.parse(entry).domain == origin.domain
    pattern = entry.removeprefix("^")
    pattern += "" if pattern.endswith("$") else "$"
    subject = origin.domain if ":" in entry else origin.host
    return _anchored(pattern).matches(subject)


@lru_cache(maxsize=1000)
def _anchored(source: str) -> Pattern:
    return config.pattern(source, "a")
