"""A connection inside a transaction, whichever database it leads to."""

from sqlalchemy.ext.asyncio import AsyncConnection

from gopura.store.embedded import EmbeddedConnection

Connection = AsyncConnection | EmbeddedConnection
