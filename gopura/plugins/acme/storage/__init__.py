"""Where accounts, locks and answers are kept: small texts by name."""

from __future__ import annotations

from typing import Protocol


class StorageError(Exception):
    """A storage cannot be reached, or refuses."""


class Storage(Protocol):
    """Texts by name. Every method raises StorageError, or DatabaseUnavailable where the database is the storage."""

    async def get(self, name: str) -> str | None:
        """The text; None when there is none, or its time is over."""

    async def set(self, name: str, text: str, seconds: int | None = None) -> None:
        """Keep a text, for ever or so many seconds, in the place of one before."""

    async def add(self, name: str, text: str, seconds: int | None = None) -> bool:
        """Keep a text unless there is one; of several nodes that do so at the same time, one gets True."""

    async def delete(self, name: str) -> None:
        """Forget a text; it may be gone already."""

    async def names(self, prefix: str) -> list[str]:
        """The names that begin so, sorted."""
