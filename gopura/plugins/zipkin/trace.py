"""The spans of one request, in Zipkin's form."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gopura.plugin.propagation import new_id

if TYPE_CHECKING:
    from gopura._engine import Exchange


Ids = tuple[bytes, bytes, bytes | None]


def now() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


@dataclass
class ZipkinSpan:
    """One span; moments in microseconds since 1970."""

    kind: str
    name: str
    timestamp: int
    trace_id: bytes
    id: bytes
    parent_id: bytes | None
    tags: dict[str, Any] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)
    duration: int = 0
    service: str | None = None
    address: tuple[str, int] | None = None

    def child(self, name: str, timestamp: int) -> ZipkinSpan:
        """A span below this one."""
        return ZipkinSpan("CLIENT", name, timestamp, self.trace_id, new_id(), self.id)

    def note(self, name: str, timestamp: int) -> None:
        """Say when something happened."""
        self.annotations.append({"value": name, "timestamp": timestamp})

    def finish(self, timestamp: int) -> None:
        """Say when it ended."""
        self.duration = max(0, timestamp - self.timestamp)

    def shown(self, own_name: str, default_service: str | None) -> dict[str, Any]:
        """The span as Zipkin's API wants it."""
        tags = {name: _text(value) for name, value in self.tags.items() if value not in (None, "")}
        shown = {
            "traceId": self.trace_id.hex(),
            "name": self.name,
            "parentId": self.parent_id and self.parent_id.hex(),
            "id": self.id.hex(),
            "kind": self.kind,
            "timestamp": self.timestamp,
            "duration": self.duration,
            "localEndpoint": {"serviceName": own_name},
            "tags": tags or None,
            "annotations": self.annotations or None,
        }
        kept = {name: value for name, value in shown.items() if value is not None}
        return kept | {"remoteEndpoint": self._remote(default_service)}

    def _remote(self, default_service: str | None) -> dict[str, Any] | None:
        name = self.service or default_service
        remote: dict[str, Any] = {} if name is None else {"serviceName": name}
        if self.address:
            ip, port = self.address
            remote |= {"port": port, "ipv6" if ":" in ip else "ipv4": ip}
        return remote or None


def tag_target(span: ZipkinSpan, exchange: Exchange) -> None:
    """Say which service and route it was."""
    if service := exchange.service:
        span.tags["kong.service"] = service.id
        if service.name:
            span.service = span.tags["kong.service_name"] = service.name
    if route := exchange.route:
        span.tags |= {"kong.route": route.id, "kong.route_name": route.name}


def tags_of(lines: list[str]) -> dict[str, str]:
    """The tags that a client asks for: `a=b; c=d`. Malformed ones are left out."""
    items = (item.partition("=") for line in lines for item in line.split(";"))
    pairs = ((name.strip(), value.strip()) for name, _, value in items)
    return {name: value for name, value in pairs if value and len(name.split()) == 1}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
