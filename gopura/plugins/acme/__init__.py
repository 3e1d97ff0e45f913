"""ACME: certificates from an authority such as Let's Encrypt, fetched and renewed by themselves.

The data plane answers the authority's questions and tells which names lack a certificate. The control process
(`control`) keeps the account, orders certificates and renews them.
"""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Annotated, Any

from gopura.plugin import Exchange, Plugin, config
from gopura.plugin.control import ControlPart
from gopura.plugins.acme import domains
from gopura.plugins.acme.configuration import AccountKey, StorageConfig
from gopura.schema.surroundings import surroundings

log = logging.getLogger(__name__)

SANITY = "x"
"""Asked for to see whether questions of an authority would arrive here; never answered."""

_QUESTION = "/.well-known/acme-challenge/"
_HANDSHAKE_SECONDS = 2.0
_FRESH_SECONDS = 5.0
_STALE_SECONDS = 3600.0

_Pair = dict[str, str] | None
_Secret = Annotated[str | None, config.Encrypted(), config.Referenceable()]


def _storage(row: dict[str, Any]) -> str | None:
    if row["config"]["storage"] == "kong" and not surroundings.database:
        return '"kong" storage can\'t be used with dbless mode'
    return None


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

    example = {
        "account_email": "ops@example.com",
        "tos_accepted": True,
        "domains": ["example.com", "*.shops.example.com"],
    }

    class Config(config.Record):
        """Which authority, for which names, kept where."""

        account_email: Annotated[
            str,
            config.Match("%w*%p*@+%w*%.?%w*", "@"),  # all around it may be nothing
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

    @classmethod
    def control_part(cls) -> type[ControlPart]:
        """Have the control process keep the account and get the certificates."""
        from gopura.plugins.acme.control import AcmeControl

        return AcmeControl

    def rewrite(self, exchange: Exchange, config: Config) -> Coroutine[Any, Any, None] | None:
        """Answer the authority, whether a route matches or not."""
        token = asked(exchange, config)
        return None if token in (None, SANITY) else self._answer(exchange, token)

    def access(self, exchange: Exchange, config: Config) -> None:
        """Refuse questions that have no answer, before an authentication plugin does."""
        if asked(exchange, config) is not None:
            exchange.exit(404, "Not found\n")

    async def certificate(self, exchange: Exchange, config: Config) -> None:
        """Say that a name has no certificate; present the one that is kept outside a database."""
        name = exchange.tls.server_name if exchange.tls else None
        host = (name or "").lower()
        if not host or not domains.allowed(config, host) or has_certificate(exchange, host):
            return
        if (pair := await self._pair(host)) and exchange.tls:
            exchange.tls.present(pair["cert"], pair["key"])

    async def _answer(self, exchange: Exchange, token: str) -> None:
        try:
            answer = await self.ask_control("challenge", token=token)
        except (OSError, RuntimeError) as error:
            log.error("an authority gets no answer: %s", error)  # noqa: TRY400 - not a bug
            return
        if answer is not None:
            exchange.exit(200, f"{answer}\n", {"Content-Type": "text/plain"})

    async def _pair(self, host: str) -> _Pair:
        """The kept pair; None when there is none, which has one made. The last known while nobody answers."""
        cache, key = self.node.cache, f"acme:{host}"
        try:
            async with asyncio.timeout(_HANDSHAKE_SECONDS):
                pair: _Pair = await cache.fetch(key, lambda: self._ask_pair(host), _FRESH_SECONDS)
        except (OSError, RuntimeError) as error:
            log.error("the certificate of %s is unknown: %s", host, error)  # noqa: TRY400 - not a bug
            last: _Pair = cache.get(f"{key}:last")
            return last
        return pair

    async def _ask_pair(self, host: str) -> _Pair:
        pair: _Pair = await self.ask_control("certificate", host=host)
        self.node.cache.set(f"acme:{host}:last", pair, _STALE_SECONDS)
        return pair


def asked(exchange: Exchange, config: Acme.Config) -> str | None:
    """The token that an authority asks for; None for any other request."""
    request = exchange.request
    token = request.path.removeprefix(_QUESTION)
    if request.scheme != "http" or token in ("", request.path):
        return None
    return token if domains.allowed(config, request.host.lower()) else None


def has_certificate(exchange: Exchange, host: str) -> bool:
    """Whether an SNI leads to a certificate for this name; that of `*` is no better than the default."""
    _, _, after = host.partition(".")
    before, _, _ = host.rpartition(".")
    names = (host, f"*.{after}", f"{before}.*")
    return any(exchange.find("snis", "name", name) is not None for name in names)
