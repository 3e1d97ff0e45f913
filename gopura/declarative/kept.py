"""The document that was loaded last, on disk: a node without a database outlives its processes."""

import asyncio
import os
from pathlib import Path
from typing import Any

import orjson

from gopura.declarative.errors import InvalidConfiguration
from gopura.declarative.load import Loaded, apply
from gopura.settings import Settings
from gopura.store import Store

_ACTOR = "what was loaded last"


class KeptConfigurationError(Exception):
    """What was loaded last cannot be loaded again, as after a change of `router_flavor`; the message says the mend."""

    def __init__(self, path: Path, faults: list[str]) -> None:
        super().__init__(
            f"the configuration that was loaded last is no longer valid: {'; '.join(faults)}: take back the change of "
            f"settings, name a file in declarative_config, or remove {path} to start without a configuration"
        )


def kept_path(settings: Settings) -> Path:
    """Where it lies."""
    return settings.path("snapshot", "declarative.json")


async def keep(path: Path, document: dict[str, Any]) -> None:
    """Write it in the place of the one before, whole or not at all."""
    await asyncio.to_thread(_write, path, orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))


async def restore(path: Path, store: Store) -> Loaded | None:
    """Load what was kept; None when there is nothing. OSError or KeptConfigurationError when that cannot be done."""
    if not await asyncio.to_thread(path.exists):
        return None
    try:
        document = orjson.loads(await asyncio.to_thread(path.read_bytes))
        return await apply(store, document, actor=_ACTOR)
    except InvalidConfiguration as error:
        raise KeptConfigurationError(path, error.lines()) from error
    except orjson.JSONDecodeError as error:
        raise KeptConfigurationError(path, [str(error)]) from error


def _write(path: Path, text: bytes) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
