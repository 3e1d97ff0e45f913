"""One request to the Admin API, with everything that an endpoint may ask for."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from starlette.requests import Request

from gopura.admin.body import Body
from gopura.admin.gateway import Gateway
from gopura.admin.router import Endpoint
from gopura.store import Reader, Transaction


@dataclass(slots=True)
class Call:
    """A request that found its endpoint. `query` and `body` are decoded, forms by the fields' types."""

    request: Request
    gateway: Gateway
    endpoint: Endpoint
    params: Mapping[str, str]
    query: dict[str, Any]
    body: Body
    request_id: str
    version: int | None = None
    tx: Transaction | None = None

    def param(self, name: str) -> str:
        """A parameter of the path, decoded; what is no UTF-8 stays recognisable."""
        return unquote_plus(self.params[name], errors="surrogateescape")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """The request's one transaction; the answer will tell its version."""
        if self.tx is not None:
            yield self.tx
            return
        async with self.gateway.store.transaction(self._actor(), self.request_id) as tx:
            yield tx
        self.version = tx.version

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """One committed state, or inside a transaction what that sees."""
        if self.tx is not None:
            yield self.tx
            return
        async with self.gateway.store.reading() as reader:
            yield reader

    def _actor(self) -> str | None:
        client = self.request.client
        return client.host if client else None
