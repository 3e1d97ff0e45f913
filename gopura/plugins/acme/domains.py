"""Which names certificates are for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gopura.plugin import Pattern

if TYPE_CHECKING:
    from gopura.plugins.acme import Acme

_IPV4 = Pattern(r"^\d+(\.\d+){3}\z")


def allowed(config: Acme.Config, host: str) -> bool:
    """Whether the configuration wants a certificate for this name, which is in lower case."""
    if not config.enable_ipv4_common_name and _IPV4.matches(host):
        return False
    return bool(config.allow_any_domain) or listed(config, host)


def listed(config: Acme.Config, host: str) -> bool:
    """Whether `domains` has this name; `*.example.com` stands for all names that end so."""
    return any(
        host.endswith(domain[1:]) if domain.startswith("*") else host == domain
        for domain in config.domains or ()
    )
