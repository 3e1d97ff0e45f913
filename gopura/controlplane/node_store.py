"""The store of a node: its database, or without one what a declarative file says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gopura import declarative
from gopura.settings import Settings
from gopura.store import Store
from gopura.store.location import fleeting

_ENDINGS = ("", "-wal", "-shm")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """Open it; without a database it holds what the declarative file says, else what was loaded last."""
    if settings.database != "off":
        async with Store.of(settings) as store:
            yield store
        return
    path = settings.path("run", "entities.sqlite")
    await asyncio.to_thread(_renew, path)
    try:
        async with Store.at(fleeting(path)) as store:
            if await declarative.at_start(store, settings) is None:
                await declarative.restore(declarative.kept_path(settings), store)
            yield store
    finally:
        await asyncio.to_thread(_remove, path)


def _renew(path: Path) -> None:
    _remove(path)
    path.touch(mode=0o600)


def _remove(path: Path) -> None:
    for ending in _ENDINGS:
        path.with_name(path.name + ending).unlink(missing_ok=True)
