"""IP restriction: which addresses may pass."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated

from gopura.plugin import ALL_PROTOCOLS, Exchange, Plugin, config

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class IpRestriction(Plugin, name="ip-restriction", priority=990, protocols=ALL_PROTOCOLS):
    """Lets clients pass by their address."""

    default_protocols = ("http", "https", "tcp", "tls", "grpc", "grpcs")
    checks = (config.AtLeastOneOf("config.allow", "config.deny"),)

    example = {"allow": ["192.168.0.0/16"], "status": 403, "message": "Only from the office"}

    class Config(config.Record):
        """The addresses that pass, or those that do not."""

        allow: list[config.IpOrCidr] | None = None
        """The addresses and networks that may pass; no others do."""
        deny: list[config.IpOrCidr] | None = None
        """The addresses and networks that may not pass."""
        status: Annotated[float | None, config.Optional()] = None
        """The status of the refusal; 403 when it is left out."""
        message: Annotated[str | None, config.Optional()] = None
        """The message of the refusal."""

    def access(self, exchange: Exchange, config: Config) -> None:
        """Let the request pass, or refuse it."""
        address = exchange.request.client_ip
        denied = config.deny and within(address, tuple(config.deny))
        if denied or (config.allow and not within(address, tuple(config.allow))):
            message = config.message or f"IP address not allowed: {address}"
            self.log_to.warning("%s", message)
            exchange.error(int(config.status or 403), message)


@lru_cache(maxsize=10_000)
def within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of the networks; an IPv4 address in IPv6 form counts as IPv4."""
    client = _plain(ip_address(address))
    return any(client in network for network in _parsed(networks))


@lru_cache(maxsize=512)
def _parsed(networks: tuple[str, ...]) -> list[Network]:
    return [ip_network(network, strict=False) for network in networks]


def _plain(address: Address) -> Address:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
