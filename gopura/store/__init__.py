"""Where entities are kept: tables derived from their descriptions, transactions, the log of changes."""

from gopura.store.changes import Change
from gopura.store.errors import DatabaseUnavailable, NotBootstrapped
from gopura.store.reader import Page, Reader, TagFilter
from gopura.store.store import Store
from gopura.store.transaction import Transaction

__all__ = [
    "Change",
    "DatabaseUnavailable",
    "NotBootstrapped",
    "Page",
    "Reader",
    "Store",
    "TagFilter",
    "Transaction",
]
