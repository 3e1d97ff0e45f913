"""Where the account's key and the certificates are: the parts of the configuration."""

from typing import Annotated

from gopura.plugin import config
from gopura.plugins.acme import names
from gopura.schema.types.memory import known_zone

_Token = Annotated[str | None, config.Referenceable()]


def _namespace(namespace: str) -> str | None:
    word = next((word for word in names.RESERVED if namespace.startswith(word)), None)
    return word and f"namespace can't be prefixed with reserved word: {word}"


class AccountKey(config.Record):
    """Where the account's key is."""

    key_id: str
    """The `kid` of a Key entity."""
    key_set: str | None = None
    """The name of the key's set."""


class SharedMemory(config.Record):
    """The node's memory."""

    shm_name: Annotated[str | None, known_zone] = "kong"
    """The name of the zone."""


class Database(config.Record):
    """The database of the gateway, which needs no settings."""


class Redis(config.Record):
    """A Redis server."""

    host: config.Host | None = None
    """The server's host."""
    port: config.Port | None = None
    """The server's port."""
    database: float | None = None
    """The number of the database."""
    auth: _Token = None
    """The password."""
    ssl: bool = False
    """Whether to use TLS."""
    ssl_verify: bool = False
    """Whether to verify the server's certificate."""
    ssl_server_name: Annotated[config.Sni | None, config.Optional()] = None
    """The server name of the TLS hello."""
    namespace: Annotated[str, config.LenMin(0), config.Custom(_namespace)] = ""
    """What the names of all keys begin with."""
    scan_count: Annotated[float | None, config.Optional()] = 10
    """How many keys one step of a listing looks at."""


class KeyValueServer(config.Record):
    """A server that keeps values by key, with an HTTP API."""

    https: bool | None = False
    """Whether to use HTTPS."""
    host: config.Host | None = None
    """The server's host."""
    port: config.Port | None = None
    """The server's port."""
    kv_path: str | None = None
    """What the names of all keys begin with."""
    timeout: float | None = None
    """How many milliseconds a request may take."""
    token: _Token = None
    """The access token."""


class Consul(KeyValueServer):
    """A Consul server."""


class HashicorpVault(KeyValueServer):
    """A HashiCorp Vault server."""

    tls_verify: bool | None = True
    """Whether to verify the server's certificate."""
    tls_server_name: str | None = None
    """The server name of the TLS hello."""
    auth_method: Annotated[str | None, config.OneOf("token", "kubernetes")] = "token"
    """How to log in."""
    auth_path: str | None = None
    """The path to log in at."""
    auth_role: str | None = None
    """The role to log in with."""
    jwt_path: str | None = None
    """The file with the token of the Kubernetes service account."""


class StorageConfig(config.Record):
    """The settings of every kind of storage; one of them is used."""

    shm: SharedMemory
    """The node's memory."""
    kong: Database
    """The gateway's database."""
    redis: Redis
    """Redis."""
    consul: Consul
    """Consul."""
    vault: HashicorpVault
    """HashiCorp Vault."""
