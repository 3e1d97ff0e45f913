"""TLS to Redis under a name of its own."""

from __future__ import annotations

import ssl
from typing import Any

from redis.asyncio.connection import Connection


class NamedConnection(Connection):
    """Asks for `name` in the hello, and wants it in the certificate; the library's own knows the host only."""

    def __init__(self, *, context: ssl.SSLContext, name: str, **options: Any) -> None:
        super().__init__(**options)
        self._tls = {"ssl": context, "server_hostname": name}

    def _connection_arguments(self) -> dict[str, Any]:
        return {**super()._connection_arguments(), **self._tls}
