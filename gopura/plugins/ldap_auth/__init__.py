"""LDAP authentication: a client's user name and password are tried on a directory."""

import asyncio
import hmac
import os

from gopura.plugin import Entity, Exchange, Node, config
from gopura.plugin.authentication import Refusal, WaitingAuthenticator
from gopura.plugin.base64 import decoded
from gopura.plugins.ldap_auth.directory import Address, Directory
from gopura.plugins.ldap_auth.messages import INVALID_CREDENTIALS, SUCCESS, LdapError

_NAMES = ("proxy-authorization", "authorization")
_SPECIAL = str.maketrans({special: f"\\{special}" for special in '"+,;<>=\\'} | {"\0": "\\00"})
_SALT = os.urandom(32)


class LdapAuth(WaitingAuthenticator, name="ldap-auth", priority=1200, no_consumer=True):
    """Lets those pass whom the directory knows."""

    identifier = "username"

    example = {
        "ldap_host": "ldap.example.com",
        "ldap_port": 389,
        "base_dn": "ou=people,dc=example,dc=com",
        "attribute": "uid",
        "header_type": "basic",
    }

    class Config(config.Record):
        """Which directory, and who in it."""

        checks = (
            config.Conditional(
                "ldaps",
                config.Eq(True),
                "start_tls",
                config.Eq(False),
                "'ldaps' and 'start_tls' cannot be enabled simultaneously",
            ),
        )

        ldap_host: config.Host
        """The directory's host."""
        ldap_port: config.Port = 389
        """The directory's port; 636 for LDAPS."""
        ldaps: bool = False
        """Whether to use LDAP over TLS."""
        start_tls: bool = False
        """Whether to change to TLS on the plain port."""
        verify_ldap_host: bool = False
        """Whether to verify the directory's certificate."""
        base_dn: str
        """Where the users are, e.g. `dc=example,dc=com`."""
        attribute: str
        """The attribute that holds the user name, e.g. `cn`."""
        cache_ttl: float = 60
        """How many seconds the directory's answer is good for."""
        hide_credentials: bool = False
        """Whether the credential is removed before the upstream gets the request."""
        timeout: float | None = 10000
        """How many milliseconds the directory may take."""
        keepalive: float | None = 60000
        """How many milliseconds an idle connection is kept."""
        anonymous: str | None = None
        """The consumer (id or username) of requests without a valid credential; without it they are refused."""
        header_type: str | None = "ldap"
        """The scheme of the Authorization header."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        self._directories: dict[Address, Directory] = {}
        node.at_stop(self._close)

    async def identify(self, exchange: Exchange, config: Config) -> tuple[None, Entity] | None:
        """Try the credential of one header, then that of the other."""
        headers = exchange.request.headers
        given = [value for name in _NAMES if (value := headers.get(name)) is not None]
        if not given:
            scheme = "LDAP" if config.header_type in ("ldap", None) else config.header_type
            raise Refusal(401, "Unauthorized", {"WWW-Authenticate": f'{scheme} realm="kong"'})
        try:
            credential = await self._first(config, given)
        except (OSError, LdapError, EOFError) as error:
            reason = str(error) or type(error).__name__
            self.log_to.error("%s:%s cannot be asked: %s", config.ldap_host, config.ldap_port, reason)  # noqa: TRY400
            exchange.exit(500, {"message": "An unexpected error occurred"})
            return None
        if config.hide_credentials:
            for name in _NAMES:
                exchange.upstream_request.headers.remove(name)
        return None, credential

    def _close(self) -> None:
        for directory in self._directories.values():
            directory.close()

    async def _first(self, config: Config, given: list[str]) -> Entity:
        for header in given:
            pair = credentials(header, config.header_type or "ldap")
            if pair and await self._accepted(config, *pair):
                return Entity("ldap-auth", {"id": key_of(config, *pair), "username": pair[0]})
        raise Refusal(401, "Invalid authentication credentials")

    async def _accepted(self, config: Config, user: str, password: str) -> bool:
        async def ask() -> bool:
            async with asyncio.timeout((config.timeout or 0) / 1000 or None):
                return await self._ask(config, user, password)

        if config.cache_ttl <= 0:
            return await ask()
        accepted: bool = await self.node.cache.fetch(key_of(config, user, password), ask, config.cache_ttl)
        return accepted

    async def _ask(self, config: Config, user: str, password: str) -> bool:
        address = Address(
            config.ldap_host,
            config.ldap_port,
            config.ldaps,
            config.start_tls,
            config.verify_ldap_host,
            tuple(self.node.settings.get("lua_ssl_trusted_certificate") or ("system",)),
        )
        directory = self._directories.setdefault(address, Directory(address))
        name = f"{config.attribute}={escaped(user)},{config.base_dn}"
        result = await directory.accepts(name, password, (config.keepalive or 0) / 1000)
        if result.code not in (SUCCESS, INVALID_CREDENTIALS):
            self.log_to.warning("%s is refused (code %d): %s", name, result.code, result.text)
        return result.code == SUCCESS


def credentials(header: str, scheme: str) -> tuple[str, str] | None:
    """User name and password of a header; None when it has none. Neither is empty."""
    named, coded = [*header.split(maxsplit=1), "", ""][:2]
    pair = (named.lower() == scheme.lower() and decoded(coded)) or b""
    user, _, password = pair.decode("utf-8", "surrogateescape").partition(":")
    # A directory accepts any name with an empty password (RFC 4513, 5.1.2).
    return (user, password) if user and password else None


def escaped(value: str) -> str:
    """A value as it may stand in a distinguished name (RFC 4514)."""
    text = value.translate(_SPECIAL)
    if text.endswith(" "):
        text = f"{text[:-1]}\\ "
    return f"\\{text}" if text.startswith((" ", "#")) else text


def key_of(config: LdapAuth.Config, user: str, password: str) -> str:
    """What tells credentials apart, without telling them."""
    parts = (config.ldap_host.lower(), config.ldap_port, config.base_dn, config.attribute, user, password)
    text = "\0".join(map(str, parts)).encode("utf-8", "surrogateescape")
    return "ldap-auth:" + hmac.digest(_SALT, text, "sha256").hex()
