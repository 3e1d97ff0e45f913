"""ACME: certificates from an authority such as Let's Encrypt, fetched and renewed by themselves."""

from typing import Annotated, Any

from gopura.plugin import Plugin, config
from gopura.schema.surroundings import surroundings
from gopura.schema.types.memory import known_zone

_RESERVED = ("kong_acme:renew_config:", "kong_acme:renew_last_run", "kong_acme:cert_key:")

_Secret = Annotated[str | None, config.Encrypted(), config.Referenceable()]
_Token = Annotated[str | None, config.Referenceable()]


def _namespace(namespace: str) -> str | None:
    word = next((word for word in _RESERVED if namespace.startswith(word)), None)
    return word and f"namespace can't be prefixed with reserved word: {word}"


def _storage(row: dict[str, Any]) -> str | None:
    if row["config"]["storage"] == "kong" and not surroundings.database:
        return '"kong" storage can\'t be used with dbless mode'
    return None


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


class Consul(config.Record):
    """A Consul server."""

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


class HashicorpVault(config.Record):
    """A HashiCorp Vault server."""

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


class Acme(Plugin, name="acme", priority=1705, no_consumer=True, no_service=True, no_route=True):
    """Answers the authority's challenges, and presents the certificates."""

    checks = (
        config.Conditional(
            "config.api_uri",
            config.OneOf(
                "https://acme-v02.api.letsencrypt.org", "https://acme-staging-v02.api.letsencrypt.org"
            ),
            "config.tos_accepted",
            config.Eq(True),
            "terms of service must be accepted, see https://letsencrypt.org/repository/",
        ),
        config.CustomCheck("config.storage", check=_storage),
    )

    class Config(config.Record):
        """Which authority, for which names, kept where."""

        account_email: Annotated[
            str,
            config.Match("%w*%p*@+%w*%.?%w*", r"[A-Za-z0-9]*[!-/:-@\[-`{-~]*@+[A-Za-z0-9]*\.?[A-Za-z0-9]*"),
            config.Encrypted(),
            config.Referenceable(),
        ]
        """The mail address of the account."""
        account_key: Annotated[AccountKey | None, config.Optional()] = None
        """The account's private key; one is made when it is left out."""
        api_uri: config.Url | None = "https://acme-v02.api.letsencrypt.org/directory"
        """The authority's directory."""
        tos_accepted: bool | None = False
        """Whether you accept the authority's terms of service."""
        eab_kid: _Secret = None
        """The id of the external account, for authorities that want one."""
        eab_hmac_key: _Secret = None
        """The key of the external account, in base64url."""
        cert_type: Annotated[str | None, config.OneOf("rsa", "ecc")] = "rsa"
        """The kind of the certificates' keys."""
        rsa_key_size: Annotated[float | None, config.OneOf(2048, 3072, 4096)] = 4096
        """The size of RSA keys, in bits."""
        renew_threshold_days: float | None = 14
        """How many days before its end a certificate is renewed."""
        domains: config.Hosts | None = None
        """The names to get certificates for; the first label may be `*`."""
        allow_any_domain: bool | None = False
        """Whether to get certificates for any name that is asked for."""
        fail_backoff_minutes: float | None = 5
        """How many minutes to leave a name alone after a failure."""
        storage: Annotated[str | None, config.OneOf("kong", "shm", "redis", "consul", "vault")] = "shm"
        """Where keys and certificates are kept."""
        storage_config: StorageConfig
        """The settings of the storage."""
        preferred_chain: str | None = None
        """The name of the root to prefer when the authority offers several chains."""
        enable_ipv4_common_name: bool | None = True
        """Whether an IPv4 address may be a certificate's common name."""
