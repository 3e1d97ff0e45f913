"""Where entities are kept: tables derived from their descriptions, transactions, the log of changes."""

from gopura.store.changes import Change
from gopura.store.errors import DatabaseUnavailable, NotBootstrapped
from gopura.store.reader import Page, Reader, TagFilter
from gopura.store.store import EMPTY_CONFIGURATION, Store
from gopura.store.transaction import Transaction

__all__ = [
    "EMPTY_CONFIGURATION",
    "Change",
    "DatabaseUnavailable",
    "NotBootstrapped",
    "Page",
    "Reader",
    "Store",
    "TagFilter",
    "Transaction",
]
