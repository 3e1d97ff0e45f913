"""The document that was loaded last, on disk: a node without a database outlives its processes."""

import asyncio
import os
from pathlib import Path
from typing import Any

import orjson

from gopura.declarative.load import Loaded, apply
from gopura.settings import Settings
from gopura.store import Store

_ACTOR = "what was loaded last"


def kept_path(settings: Settings) -> Path:
    """Where it lies."""
    return settings.path("snapshot", "declarative.json")


async def keep(path: Path, document: dict[str, Any]) -> None:
    """Write it in the place of the one before, whole or not at all."""
    await asyncio.to_thread(_write, path, orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))


async def restore(path: Path, store: Store) -> Loaded | None:
    """Load what was kept; None when there is nothing. OSError or InvalidConfiguration when that cannot be done."""
    if not await asyncio.to_thread(path.exists):
        return None
    return await apply(store, orjson.loads(await asyncio.to_thread(path.read_bytes)), actor=_ACTOR)


def _write(path: Path, text: bytes) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
