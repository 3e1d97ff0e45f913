"""What is measured: each case is one configuration that every server gets in its own words."""

from dataclasses import dataclass

CONSUMERS = 100


@dataclass(frozen=True)
class Case:
    """One configuration: so many hosts with so many paths each, and what a request must bring."""

    name: str
    title: str
    hosts: int = 10
    paths: int = 10
    tls: bool = False
    http2: bool = False
    key_auth: bool = False
    rate_limit: bool = False
    no_ops: int = 0
    """Plugins in Python that do nothing, on the one route that is asked."""
    elsewhere: int = 0
    """Routes with a plugin each that are never asked."""
    targets: int = 0
    """Targets of an upstream with active health checks, instead of one address."""

    @property
    def alone(self) -> bool:
        """Whether only gopura has such a configuration; it is compared with plain proxies."""
        return bool(self.no_ops or self.elsewhere or self.targets)

    @property
    def host_names(self) -> list[str]:
        return [f"host{number}.example.com" for number in range(self.hosts)]

    @property
    def path_names(self) -> list[str]:
        return [f"/path{number}" for number in range(self.paths)]

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"


CASES = {
    case.name: case
    for case in (
        Case("plain", "100 routes"),
        Case("routes", "10,000 routes", hosts=1000),
        Case("key-auth", "key-auth, 100 consumers", key_auth=True),
        Case("limits", "key-auth and rate-limiting", key_auth=True, rate_limit=True),
        Case("tls", "TLS", tls=True),
        Case("http2", "HTTP/2 over TLS", tls=True, http2=True),
        Case("no-ops", "ten no-op plugins", hosts=1, paths=1, no_ops=10),
        Case("elsewhere", "1,000 plugins on other routes", elsewhere=1000),
        Case("targets", "100 targets, health checks", targets=100),
    )
}


def consumer_keys() -> dict[str, str]:
    """The API key of every consumer, by key."""
    return {f"key-{number:04}-{'k' * 24}": f"consumer{number}" for number in range(CONSUMERS)}
