"""A connection inside a transaction, whichever database it leads to."""

from gopura.store.embedded import EmbeddedConnection
from gopura.store.shared_connection import SharedConnection

Connection = SharedConnection | EmbeddedConnection
