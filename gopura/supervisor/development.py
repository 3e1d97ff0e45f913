"""While plugins are written: a change in their folders takes effect at once."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from watchfiles import PythonFilter, awatch

from gopura.logs import NOTICE

log = logging.getLogger(__name__)

_QUIET_MILLISECONDS = 50
"""How long nothing must change before the change counts as whole: editors write in steps."""


async def follow(folders: list[str], reload: Callable[[], Awaitable[object]]) -> None:
    """Call `reload` after each change of Python files, unless one of the plugins cannot be loaded; runs for ever."""
    async for changes in awatch(*folders, watch_filter=PythonFilter(), step=_QUIET_MILLISECONDS):
        names = ", ".join(sorted({Path(path).name for _, path in changes}))
        if faults := await _faults(folders):
            log.error("%s changed, and what ran before runs on:\n%s", names, faults)
        else:
            log.log(NOTICE, "%s changed", names)
            await reload()


async def _faults(folders: list[str]) -> str:
    """What is wrong with the plugins, as `gopura plugin check` says; nothing when all can be loaded.

    They are loaded in a process of their own, as whatever is imported here would stay.
    """
    words = [sys.executable, "-m", "gopura.cli", "plugin", "check", *folders]
    check = await asyncio.create_subprocess_exec(
        *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    _, said = await check.communicate()
    return said.decode(errors="replace").strip() if check.returncode else ""
