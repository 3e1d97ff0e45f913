"""The snapshot link: how configuration reaches data planes, on this machine or another.

One WebSocket per data plane carries JSON messages. Control plane to data plane: `snapshot`, `delta`,
`current` (nothing newer) and `call`. Data plane to control plane: `hello`, `ack`, `nack`, `resync`,
`report` and `result`. At most one snapshot or delta is under way, so a burst of changes shares the next one.
"""

from gopura.link.client import LinkClient
from gopura.link.server import LinkServer

__all__ = ["LinkClient", "LinkServer"]
