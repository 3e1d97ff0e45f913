"""LDAP authentication: a client's user name and password are tried on a directory."""

from gopura.plugin import Plugin, config


class LdapAuth(Plugin, name="ldap-auth", priority=1200, no_consumer=True):
    """Lets those pass whom the directory knows."""

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
