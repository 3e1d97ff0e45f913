"""Certificates, protocol versions and ciphers."""

from __future__ import annotations

from gopura.settings.kinds import Flag, ListOf, Measure, Number, OneOf, OnOff, Text
from gopura.settings.setting import Section, Setting

_CERTIFICATE = Text(form="a path, a PEM text, or its base64")
_CUSTOM = "Only with `ssl_cipher_suite = custom`."


def _pair(prefix: str, where: str) -> tuple[Setting, Setting]:
    return (
        Setting(
            f"{prefix}_cert",
            ListOf(_CERTIFICATE),
            "",
            f"Default certificates of {where}; one RSA and one ECDSA are generated in the prefix when empty.",
        ),
        Setting(
            f"{prefix}_cert_key",
            ListOf(_CERTIFICATE),
            "",
            f"Keys of the certificates of {where}, in their order.",
            secret=True,
        ),
    )


SECTION = Section(
    "TLS",
    (
        Setting(
            "ssl_cipher_suite",
            OneOf("modern", "intermediate", "old", "fips", "custom"),
            "intermediate",
            "Mozilla's profile for protocol versions and ciphers, `fips`, or `custom` for the settings "
            "below.",
        ),
        Setting(
            "ssl_ciphers",
            Text(),
            "",
            f"Ciphers in OpenSSL's notation; the log names those that are not served: CBC, DHE and RSA key "
            f"exchange. {_CUSTOM}",
        ),
        Setting(
            "ssl_protocols",
            Text(),
            "TLSv1.1 TLSv1.2 TLSv1.3",
            f"Protocol versions. {_CUSTOM} TLS 1.0 and 1.1 are not served.",
        ),
        Setting(
            "ssl_prefer_server_ciphers",
            OnOff(),
            "on",
            f"Prefer the server's order of ciphers. {_CUSTOM}",
        ),
        Setting("ssl_dhparam", Text(), "", "Group for DHE ciphers.", inert="no DHE ciphers are served"),
        Setting(
            "ssl_session_tickets",
            OnOff(),
            "on",
            "Resume TLS sessions by tickets.",
        ),
        Setting(
            "ssl_session_timeout",
            Measure("time"),
            "1d",
            "Time within which a TLS session may be resumed; by tickets 12 hours at most.",
        ),
        Setting(
            "ssl_session_cache_size",
            Measure("size"),
            "10m",
            "Memory for sessions that are resumed without tickets.",
        ),
        *_pair("ssl", "the proxy"),
        *_pair("admin_ssl", "the Admin API"),
        *_pair("status_ssl", "the status API"),
        Setting(
            "client_ssl",
            Flag(),
            "off",
            "Present `client_ssl_cert` to upstreams that ask for a certificate.",
        ),
        Setting(
            "client_ssl_cert",
            _CERTIFICATE,
            "",
            "Certificate for upstreams; a Service's own goes before it.",
        ),
        Setting("client_ssl_cert_key", _CERTIFICATE, "", "Key of `client_ssl_cert`.", secret=True),
        Setting(
            "lua_ssl_trusted_certificate",
            ListOf(Text(form="`system`, a path, a PEM text, or its base64")),
            "system",
            "Authorities trusted when a certificate is verified: of the database, of plugins' servers "
            "and, where "
            "`tls_verify` is set, of upstreams. `system` is the operating system's list.",
        ),
        Setting(
            "nginx_http_proxy_ssl_verify",
            OnOff(),
            "off",
            "Verify upstreams whose Service does not set `tls_verify`.",
        ),
        Setting(
            "nginx_http_proxy_ssl_verify_depth",
            Number(0),
            "1",
            "Certificates that may stand between an upstream's own and its authority's, where the Service does "
            "not set `tls_verify_depth`.",
        ),
        Setting(
            "nginx_http_proxy_ssl_trusted_certificate",
            Text(form="a path, a PEM text, or its base64"),
            "",
            "Authorities of upstreams whose Service names none; `lua_ssl_trusted_certificate` when empty.",
        ),
        Setting(
            "lua_ssl_verify_depth",
            Number(0),
            "1",
            "Certificates that may stand between a server's own and its authority's, where a health check "
            "verifies it; for upstreams it is `tls_verify_depth`.",
        ),
        Setting(
            "lua_ssl_protocols",
            Text(),
            "TLSv1.1 TLSv1.2 TLSv1.3",
            "Protocol versions of connections made by plugins.",
            inert="they speak TLS 1.2 and 1.3",
        ),
    ),
)
