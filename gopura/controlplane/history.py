"""How long the change log goes back."""

from __future__ import annotations

import asyncio
import logging
import time

from gopura.entities import LEFT_OUT
from gopura.store import DatabaseUnavailable, Store

log = logging.getLogger(__name__)

_DAY = 86_400.0
_HOUR = 3_600.0


async def keep_bounded(store: Store, days: int) -> None:
    """Remove old changes now and then, until cancelled; changes of the configuration stay for `days` (0: for ever)."""
    while True:
        try:
            await _remove(store, days)
        except DatabaseUnavailable as error:
            log.warning("cannot remove old changes: %s", error)
        await asyncio.sleep(_HOUR)


async def _remove(store: Store, days: int) -> None:
    # Sessions, tokens and the like come and go with requests: other nodes have to hear of them, nobody else.
    removed = await store.prune(time.time() - _HOUR, LEFT_OUT)
    if days:
        removed += await store.prune(time.time() - days * _DAY)
    if removed:
        log.info("removed %d old changes from the log", removed)
