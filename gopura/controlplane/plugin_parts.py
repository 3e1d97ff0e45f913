"""The parts of plugins that live in this process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import Any

from gopura.admin.router import Endpoint
from gopura.plugin import Plugin
from gopura.plugin.control import ControlPart
from gopura.settings import Settings
from gopura.store import Store

log = logging.getLogger(__name__)


class PluginParts:
    """One object for each plugin that has such a part; the fault of one stays with its plugin."""

    def __init__(self, plugins: Mapping[str, type[Plugin]], store: Store, settings: Settings) -> None:
        self._parts: dict[str, ControlPart] = {}
        for name, plugin in plugins.items():
            try:
                if part := plugin.control_part():
                    self._parts[name] = part(store, settings)
            except Exception:
                log.exception("the plugin %s has no part in the control process", name)

    def endpoints(self) -> Iterator[Endpoint]:
        """What they add to the Admin API."""
        for part in self._parts.values():
            yield from part.endpoints()

    async def answer(self, plugin: str, question: str, params: Mapping[str, Any]) -> Any:
        """Answer a data plane; LookupError for an unknown plugin."""
        if plugin not in self._parts:
            raise LookupError(f"the plugin {plugin} has no part in the control process")
        return await self._parts[plugin].answer(question, params)

    async def run(self) -> None:
        """Do their background work until cancelled."""
        await asyncio.gather(*(self._contained(name, part) for name, part in self._parts.items()))
        await asyncio.Event().wait()

    @staticmethod
    async def _contained(name: str, part: ControlPart) -> None:
        try:
            await part.run()
        except Exception:
            log.exception("background work of the plugin %s failed", name)
