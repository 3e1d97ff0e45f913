"""How the library for authorities connects, which is not one for event loops."""

from __future__ import annotations

import socket
import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from gopura.resolver import Resolver, is_name


class Connecting(HTTPAdapter):
    """Trusts whom a context trusts, and connects where the node's resolver says."""

    def __init__(self, context: ssl.SSLContext, resolver: Resolver | None) -> None:
        self._context, self._resolver = context, resolver
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools."""
        super().init_poolmanager(*arguments, ssl_context=self._context, **options)
        if self._resolver is not None:
            self.poolmanager.pool_classes_by_scheme = {
                "http": _asking(HTTPConnectionPool, self._resolver),
                "https": _asking(HTTPSConnectionPool, self._resolver),
            }


def _asking(pool: Any, resolver: Resolver) -> Any:
    """A kind of pool whose connections ask the resolver; names stay names for all that comes after."""

    class Connection(pool.ConnectionCls):  # type: ignore[misc]
        _dns_host: str
        port: int

        def _new_conn(self) -> socket.socket:
            name, port = self._dns_host, self.port
            if not is_name(name):
                return self._plain()
            try:
                *others, last = resolver.wait_for_addresses(name, port)
            except socket.gaierror as error:
                raise NameResolutionError(name, self, error) from error
            try:
                for self._dns_host, self.port in others:
                    try:
                        return self._plain()
                    except NewConnectionError:
                        continue
                self._dns_host, self.port = last
                return self._plain()
            finally:
                self._dns_host, self.port = name, port

        def _plain(self) -> socket.socket:
            made: socket.socket = super()._new_conn()
            return made

    return type("Pool", (pool,), {"ConnectionCls": Connection})
