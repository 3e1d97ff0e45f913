"""What a proxy before the gateway says about the client's request (X-Forwarded-*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gopura._engine import Request
    from gopura.plugin.node import Node


def told(node: Node, request: Request, header: str) -> str | None:
    """What a trusted proxy says in a header; nobody else is believed."""
    return request.headers.get(header) if node.trusts(request.peer_ip) else None
