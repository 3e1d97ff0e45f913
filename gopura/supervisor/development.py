"""While plugins are written: a change in their folders takes effect at once."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import PythonFilter, awatch

from gopura.logs import NOTICE
from gopura.supervisor.last_good import LastGood
from gopura.supervisor.trial import trial

log = logging.getLogger(__name__)

_QUIET_MILLISECONDS = 50
"""How long nothing must change before the change counts as whole: editors write in steps."""


async def follow(folders: list[Path], place: Path, reload: Callable[[list[Path]], Awaitable[object]]) -> None:
    """Call `reload` with what to load from after each change of Python files; runs for ever.

    A file that cannot be loaded keeps its former code, for which copies are kept in `place`; all others are taken up.
    """
    last_good = LastGood(folders, place)
    last_good.take_up(frozenset())  # what cannot be loaded now has been left out
    async for changes in awatch(*folders, watch_filter=PythonFilter(), step=_QUIET_MILLISECONDS):
        names = ", ".join(sorted({Path(path).name for _, path in changes}))
        tried = await trial(folders)
        if tried.faults:
            log.error("what cannot be loaded runs on as it was before:\n%s", tried.faults)
        if last_good.take_up(tried.refused):
            log.log(NOTICE, "%s changed", names)
            await reload(last_good.folders)
