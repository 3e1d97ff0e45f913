"""The part of gopura that moves the bytes, as Python sees it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar, final, overload

from gopura.link.messages import EntityFault

__all__ = [
    "Counters",
    "Engine",
    "Entity",
    "Exchange",
    "Headers",
    "Limits",
    "LuaMatcher",
    "MatchLimitError",
    "Pattern",
    "Prepared",
    "Request",
    "Resolver",
    "Response",
    "SnapshotError",
    "Tls",
    "UpstreamRequest",
    "__version__",
    "cipher_problem",
    "lua_find_plain",
    "lua_replace",
    "route_problem",
]

__version__: str

_Default = TypeVar("_Default")
_HeaderValue = str | int | float | bool
_Argument = str | bool | list[str | bool]

# What plugins see of an exchange. All of it raises RuntimeError once the request has left its last phase.

class _Fields:
    def __getattr__(self, name: str) -> Any: ...

@final
class Entity(_Fields):
    """An entity of the configuration; its fields are attributes and items."""

    id: str
    value: dict[str, Any]
    """All fields; shared, not to be changed."""
    def __new__(cls, kind: str, value: dict[str, Any]) -> Entity: ...
    def __getitem__(self, name: str, /) -> Any: ...
    def __contains__(self, name: str, /) -> bool: ...
    def get(self, name: str, default: Any = None) -> Any: ...

@final
class Headers:
    """Header lines; names compare without regard to case, and underscores in a name find dashes too.

    The first 100 are seen, or what `lua_max_req_headers` and `lua_max_resp_headers` say. What names a header of the
    request finds those beyond too, and all lines of a name are set and removed.

    Texts are the bytes decoded as UTF-8. Bytes that are not UTF-8 become surrogates (`errors="surrogateescape"`), and
    become bytes again in what is set: nothing is lost. Control characters in a value are percent-encoded, so that no
    value ends its line.
    """

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: _Default) -> str | _Default:
        """Give the first value of that name."""
    def get_all(self, name: str) -> list[str]:
        """Give every value of that name, in order."""
    def set(self, name: str, value: _HeaderValue | list[_HeaderValue] | list[str]) -> None:
        """Replace all lines of that name by one, or by one for each value of a list."""
    def add(self, name: str, value: _HeaderValue) -> None:
        """Add a line beside others of that name."""
    def remove(self, name: str) -> bool:
        """Remove all lines of that name; whether there was one."""
    def items(self) -> list[tuple[str, str]]:
        """Give the lines as they came."""
    def to_dict(self) -> dict[str, str | list[str]]:
        """Give the values by name in lower case, with a list where a name came more than once."""
    def __contains__(self, name: str, /) -> bool: ...
    def __getitem__(self, name: str, /) -> str: ...
    def __setitem__(self, name: str, value: _HeaderValue | list[_HeaderValue] | list[str], /) -> None: ...
    def __delitem__(self, name: str, /) -> None: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Any: ...

@final
class Request:
    """The client's request, as it came; headers, query and body as plugins left them.

    All texts are decoded as those of `Headers` are, arguments of the query after their `%` escapes.
    """

    @property
    def id(self) -> str: ...
    @property
    def scheme(self) -> Literal["http", "https"]: ...
    @property
    def http_version(self) -> float: ...
    @property
    def method(self) -> str: ...
    @property
    def host(self) -> str:
        """The host that the client named, without a port."""
    @property
    def port(self) -> int:
        """The port that the client came to."""
    @property
    def target(self) -> str:
        """Path and query as the client sent them."""
    @property
    def path(self) -> str:
        """The path in its normal form, which routes are matched with."""
    @property
    def raw_query(self) -> str:
        """What follows the `?`."""
    @property
    def query(self) -> dict[str, _Argument]:
        """Arguments by name, up to `lua_max_uri_args`; True for one without `=`, a list for a name that came twice."""
    def query_values(self, name: str) -> list[str | bool]:
        """Give all values of one argument."""
    def values(self, name: str, header: bool = True, query: bool = True) -> list[str | bool]:
        """Give the values of the header of that name; without one, those of the argument of the query."""
    @property
    def headers(self) -> Headers: ...
    @property
    def body(self) -> bytes | None:
        """The whole body, empty when there is none.

        None when there is one and no plugin of the request has a `request_body_limit`, or the body exceeds it.
        """
    @property
    def form_limit(self) -> int:
        """How many fields of a form plugins see (`lua_max_post_args`)."""
    @property
    def client_ip(self) -> str:
        """The client's address, as a trusted proxy before the gateway tells it."""
    @property
    def client_port(self) -> int: ...
    @property
    def peer_ip(self) -> str:
        """The address of whoever is connected."""
    @property
    def local_ip(self) -> str: ...
    @property
    def sni(self) -> str | None:
        """The name in the client's TLS handshake."""

@final
class UpstreamRequest:
    """What goes to the upstream; ValueError for what would break the request line or a header."""

    method: str
    scheme: Literal["http", "https"] | None
    host: str
    port: int
    path: str
    raw_query: str
    @property
    def headers(self) -> Headers:
        """The request's headers: what is changed here goes upstream, and is what later plugins read."""
    def set_query(self, arguments: dict[str, Any]) -> None:
        """Replace all arguments: strings, True, or lists of these, by name."""
    def set_body(self, body: bytes | str) -> None:
        """Replace the body."""

@final
class Response:
    """The response on its way to the client. Headers may be set before there is one."""

    status: int
    @property
    def body(self) -> bytes | None:
        """The whole body, in the `response` phase, unless it exceeds `response_body_limit`."""
    @body.setter
    def body(self, body: bytes | str) -> None: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def trailers(self) -> dict[str, str]:
        """The upstream's trailers by name, in the last call of `body_filter` for a gRPC response."""
    @property
    def source(self) -> Literal["service", "exit", "error"]:
        """Whose it is: the upstream's, a plugin's, or the gateway's own."""

@final
class Tls:
    """The client's TLS connection. What the handshake comes to is None while it goes on (`certificate` phase)."""

    @property
    def server_name(self) -> str | None:
        """The name that the client wants to reach."""
    @property
    def version(self) -> Literal["TLSv1.2", "TLSv1.3"] | None: ...
    @property
    def cipher(self) -> str | None:
        """The cipher suite, by OpenSSL's name."""
    def request_certificate(self, authorities: list[Entity] = ...) -> None:
        """Ask the client for a certificate, hinting at those of these `ca_certificates`; `certificate` phase only.

        The handshake goes on without one, and with any: later phases judge what came.
        """
    def present(self, certificate: str, key: str) -> None:
        """Present this chain with its private key, as PEM, whatever the server name; `certificate` phase only.

        A pair that cannot be used refuses the handshake, and the log says why.
        """
    def disable_resumption(self) -> None:
        """Have this session never be resumed; `certificate` phase only."""
    @property
    def certificate(self) -> str | None:
        """The client's certificate and those above it, as PEM; None when it showed none."""
    @property
    def subject(self) -> str | None:
        """The subject of the client's certificate (RFC 4514)."""
    def verify(self, authorities: list[Entity], depth: int = 1) -> str:
        """Hold the client's certificate against `ca_certificates`: SUCCESS, NONE without one, or FAILED:reason.

        At most `depth` certificates may stand between the two. The result is kept as `client_verify`.
        """
    client_verify: str
    """SUCCESS, NONE or FAILED:reason, as log plugins tell it; NONE until a plugin has verified or set it."""

@final
class Limits:
    """Limits by period (`second` to `year`), with the headers that tell them when `tell` is set."""

    def __new__(cls, limits: list[tuple[str, float]], tell: bool = False) -> Limits: ...

@final
class Counters:
    """Counts by key in windows of the calendar (UTC); reading and counting is one step."""

    def __new__(cls) -> Counters: ...
    def hit(self, exchange: Exchange, key: str, limits: Limits, now: int | None = None) -> bool: ...
    def remaining(self, key: str, limits: Limits, now: int | None = None) -> list[float]: ...
    def add(self, key: str, limits: Limits, value: int, now: int | None = None) -> None: ...
    def forget(self, now: int | None = None) -> None: ...
    def __len__(self) -> int: ...

@final
class Exchange:
    """One request and its response."""

    @property
    def request(self) -> Request: ...
    @property
    def upstream_request(self) -> UpstreamRequest: ...
    @property
    def response(self) -> Response: ...
    @property
    def tls(self) -> Tls | None:
        """The client's TLS; None over plain HTTP."""
    @property
    def ctx(self) -> dict[str, Any]:
        """What the plugins of this request share, from its first phase to its last."""
    @property
    def route(self) -> Entity | None: ...
    @property
    def service(self) -> Entity | None: ...
    @property
    def consumer(self) -> Entity | None:
        """Who the client is, once a plugin has authenticated it."""
    @property
    def credential(self) -> Entity | None:
        """What proved it; None for nobody and for an anonymous consumer."""
    @property
    def captures(self) -> dict[str, str]:
        """What the route's regular expression captured, by number and by name."""
    @property
    def facts(self) -> dict[str, Any]:
        """What is known of the exchange so far, for logs.

        `started_at` (milliseconds since 1970); `latencies` in milliseconds: `request` (all of it), `proxy` (waiting
        for the upstream, -1 without one) and `kong` (the gateway's own); `tries`: a dict for each attempt, with `ip`,
        `port`, `balancer_start` and, of one that failed, `state` and `code`; `upstream_status` as text, with commas
        between tries; `upstream_uri`; `request_size` and `response_size` in bytes, heads included; `body_size`; `sni`.
        """
    def find(self, kind: str, field: str, value: str) -> Entity | None:
        """Find an entity of that collection by its id or a unique field, in the configuration that the request has.

        None when there is none, as for text that is not UTF-8. LookupError for an entity or field that does not exist
        or that nothing can be found by.
        """
    def owner(self, credential: Entity) -> Entity | None:
        """Give the consumer that the entity's field `consumer` refers to."""
    def log_in(self, kind: str, field: str, value: str, identifier: str = "id") -> bool:
        """Find a credential as `find` does and `authenticate` its owner, in one step; False when there is none."""
    def belonging(self, kind: str, field: str, owner: Entity) -> list[Entity]:
        """Give the entities of that collection whose foreign key `field` refers to `owner`, in no order."""
    def authenticate(
        self, consumer: Entity | None, credential: Entity | None = None, identifier: str = "id"
    ) -> None:
        """Say who the client is: from now on plugins run with the configurations of that consumer.

        The upstream gets `X-Consumer-ID`, `X-Consumer-Username`, `X-Consumer-Custom-ID` and, from the credential's
        field that `identifier` names, `X-Credential-Identifier`; the client's own headers of these names are removed.
        Without a credential the consumer is an anonymous one, and `X-Anonymous-Consumer` says so.
        """
    def error(self, status: int, message: str, headers: dict[str, Any] | None = None) -> Response:
        """Answer at once as the gateway itself does: the message in JSON, HTML, XML or plain text, as the client likes.

        Otherwise like `exit`, which sends the body that it is given.
        """
    def limit_body(
        self, size: int, message: str = "Request body is too large", status: int = 413
    ) -> Response | None:
        """Let no more than so many bytes of the client's body pass, in `rewrite` or `access`.

        A request that announces more is answered at once, as `error` does: nothing of its body is read, and a client
        that waits for `100 Continue` gets the answer instead. Else the limit counts while the body comes, without
        holding it. The smallest limit that any plugin sets counts.
        """
    def exit(
        self,
        status: int,
        body: Any = None,
        headers: dict[str, Any] | None = None,
        *,
        proxied: bool = False,
    ) -> Response:
        """Answer the client at once; the call alone does so, and `return` ends the phase as well.

        Other bodies than bytes and str are sent as JSON; without one, the client gets the page that the status has, if
        any. A gRPC client reads the body, or its `message`, as `grpc-message`. With `proxied` the answer counts as the
        upstream's, kept from an earlier request. RuntimeError in `certificate`, `body_filter` and `log`.
        """

class SnapshotError(Exception):
    """A snapshot that is not taken over; the running one stays."""

    errors: list[EntityFault]
    """Those that cannot be served; `entity` and `id` are empty when the message itself is wrong."""
    resync: bool
    """Whether the message does not follow what runs here, so that a full snapshot is needed."""

class MatchLimitError(RuntimeError):
    """Matching a text would have taken more steps than allowed; whether it matches is not known."""

@final
class Pattern:
    """A regular expression in PCRE's syntax, for texts that come from clients: its time is bounded.

    It runs in linear time, or, where it has what only PCRE has (look-around, back references, possessive quantifiers),
    on an engine that goes back `limit` times at most and refuses texts beyond 32 KiB: MatchLimitError. A character is a
    byte of the text's UTF-8. `options` are the letters of `ngx.re`: a, i, m, s, u, x. ValueError says what is wrong.
    """

    def __new__(cls, source: str | bytes, options: str = "", limit: int = 100_000) -> Pattern: ...
    @property
    def linear(self) -> bool:
        """Whether it runs in linear time."""
    @property
    def names(self) -> dict[str, int]:
        """The numbers of the groups that have names."""
    def matches(self, text: str | bytes) -> bool:
        """Whether there is a match anywhere in the text, or at its start with the option a."""
    def find(self, text: str | bytes, start: int = 0) -> list[tuple[int, int] | None] | None:
        """Where the first match from `start` on lies, and each of its groups: in bytes, end excluded."""
    def groups(self, text: str | bytes) -> list[str] | None:
        """The texts of the first match and of its groups; empty for one that took no part."""

@final
class Resolver:
    """Looks names up as the engine does, by the `dns_*` settings."""

    def __new__(cls, settings: bytes) -> Resolver:
        """Read the settings (JSON by kong.conf names), for a process without an engine; ValueError or OSError."""
    def resolve(self, name: str, done: Callable[[list[tuple[str, int | None]], str | None], object]) -> None:
        """Call `done(addresses, reason)`, at once or later from another thread.

        The addresses come with the port that an SRV record names, each time another one first. Without any the reason
        says why.
        """

@final
class Prepared:
    """A compiled snapshot that waits for its plugins; good for one commit."""

    @property
    def version(self) -> int: ...
    @property
    def hash(self) -> str: ...
    @property
    def changed_plugins(self) -> list[tuple[str, str, bytes, bytes]]:
        """Id, name, configuration as JSON and whole plugin as JSON of each that is new or different."""
    @property
    def removed_plugins(self) -> list[str]:
        """Ids of plugins that are gone."""
    @property
    def referring_certificates(self) -> list[bytes]:
        """Certificates as JSON whose references are to be resolved for the commit: those that changed, or all when a
        vault did.
        """

    @property
    def vaults(self) -> list[bytes] | None:
        """All vaults as JSON, when one of them is new, different or gone; else None."""

@final
class Engine:
    """Listeners, workers and the current snapshot. Every method may be called from any thread."""

    def __new__(cls, settings: bytes) -> Engine:
        """Read the settings (JSON by kong.conf names); ValueError or OSError say what is wrong with them."""
    @property
    def version(self) -> int:
        """Version of the running snapshot; 0 before the first."""
    @property
    def hash(self) -> str:
        """Content hash of the running snapshot; empty before the first."""
    def load(self, path: str) -> Prepared | None:
        """Compile a saved snapshot; None when there is no file. Raises SnapshotError."""
    def prepare(self, message: bytes) -> Prepared:
        """Compile a full snapshot or a delta beside the running one, without the GIL. Raises SnapshotError."""
    def commit(
        self,
        prepared: Prepared,
        plugins: Mapping[str, Any],
        certificates: Mapping[str, Sequence[tuple[str, str]]] = ...,
    ) -> None:
        """Make it the running one; `plugins` binds by id each of `changed_plugins`, and others anew. `certificates` has
        the pairs of certificate and key that `referring_certificates` stand for, by id.

        RuntimeError when another one was committed since it was prepared.
        """
    def save(self, path: str) -> None:
        """Write the running snapshot, safe against power loss; the old file becomes `<path>.previous`."""
    def start(self) -> None:
        """Start the workers; they accept at once."""
    def drain(self, timeout: float) -> bool:
        """Accept no more; True when all connections ended within so many seconds."""
    def stop(self) -> None:
        """End the workers, whatever they are doing."""
    def counters(self) -> dict[str, int]:
        """Connections, as `connections_` and a state of nginx's, and total_requests."""
    def find(self, entity: str, field: str, value: str) -> Entity | None:
        """Look an entity up by its id or a field that is unique; LookupError as `set_lookup_check` says."""
    @property
    def resolver(self) -> Resolver:
        """What looks names up, with all that is known of them."""
    def set_lookup_check(self, check: Callable[[str, str], None]) -> None:
        """Have `check(entity, field)` raise LookupError for what nothing can be found by.

        It is asked once for each entity and field that something was looked for in vain.
        """
    def upstream_health(self, upstream_id: str) -> bytes | None:
        """Health of an Upstream as JSON: `targets` by `host:port`, and `balancer`; None when there is none."""
    def set_target_health(
        self, upstream_id: str, host: str, port: int, healthy: bool, ip: str | None = None
    ) -> int | None:
        """Set the health of a target's addresses, or of the one with this IP (a name means all); how many those were.

        None when there is no such Upstream, or its health is not observed.
        """
    def unhealthy(self) -> list[tuple[str, str, int, str]]:
        """Give all unhealthy addresses: the Upstream's id, the target's host and port, the IP."""
    def limited_certificates(self) -> dict[str, str]:
        """Certificates that are not served as usual, by id, with the reason."""
    def set_database_reachable(self, reachable: bool) -> None:
        """Say in the status API whether the control plane's database answers; until then it does."""
    def database_reachable(self) -> bool:
        """Whether the control plane's database answers, as was said last."""
    def set_memory(self, process: int, used: int, total: int) -> None:
        """Say in the status API how many bytes this process has, and the machine uses and has in all."""
    def upstreams(self) -> list[tuple[str, str]]:
        """Give ids and names of all Upstreams."""
    def set_status_source(self, source: Callable[[str, str], tuple[int, str] | None] | None) -> None:
        """Have `source(method, target)` answer /metrics and /upstreams/... of the status API: a status and a text.

        None means that there is no such thing.
        """
    def set_log_level(self, level: str) -> None:
        """Set the error log's level, by nginx's names; ValueError when there is no such level."""
    def reopen_logs(self) -> None:
        """Open the log files again, after they were rotated."""

def route_problem(flavor_name: str, route: bytes, /) -> str | None:
    """Why a router of this flavour cannot serve a route, given as JSON; None when it can."""

def cipher_problem(protocols: str, ciphers: str, /) -> str | None:
    """Why `ssl_protocols` and `ssl_ciphers` leave nothing that TLS could serve; None when they do."""

# What Lua code calls: functions of its `string` that may take long, with as many steps as are left of them. A tuple has
# what is left, then 1 and what was found, 0 for nothing, -1 and why for a malformed pattern, or -2 for too many steps.

@final
class LuaMatcher:
    """A text and a pattern of Lua's own kind."""

    def __new__(cls, text: bytes, pattern: bytes, /) -> LuaMatcher: ...
    def __call__(self, start: int, anchors: bool, steps: int, /) -> tuple[Any, ...]:
        """Find the first match from `start` on: from where to where it and each group lie, from 1; -1 for a mere place.

        With `anchors` a `^` in front means the start.
        """

def lua_find_plain(text: bytes, part: bytes, start: int, /) -> int | None:
    """Find a part of the text from `start` on: where it begins, from 1."""

def lua_replace(
    text: bytes, pattern: bytes, replacement: bytes, most: int, steps: int, limit: int, /
) -> tuple[Any, ...]:
    """Replace what matches: the text, no longer than `limit` bytes, and how often."""
