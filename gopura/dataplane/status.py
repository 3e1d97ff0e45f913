"""What the status API asks Python for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

Ask = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Asks the control process, on the loop of this one."""

Answer = tuple[int, str]


class StatusApi:
    """`/metrics`, if prometheus is loaded, and without a database what the Admin API tells of upstreams."""

    def __init__(
        self, metrics: Callable[[], str] | None, ask: Ask | None, loop: asyncio.AbstractEventLoop
    ) -> None:
        self._metrics, self._ask, self._loop = metrics, ask, loop

    def answer(self, method: str, target: str) -> Answer | None:
        """Answer a request, on a thread that may wait; None where there is nothing."""
        path, _, query = target.partition("?")
        if path.removesuffix("/") == "/metrics":
            return self._metered(method)
        return self._asked(method, path, query) if self._ask else None

    def _metered(self, method: str) -> Answer | None:
        if self._metrics is None:
            return None
        return _other(method) or (200, self._metrics())

    def _asked(self, method: str, path: str, query: str) -> Answer | None:
        assert self._ask is not None
        asking = self._ask("status", {"path": path, "query": query})
        try:
            found = asyncio.run_coroutine_threadsafe(_awaited(asking), self._loop).result()
        except (ConnectionError, TimeoutError):
            return _message(503, "the control process does not answer")
        return found and (_other(method) or (found[0], found[1]))


async def _awaited(asking: Awaitable[Any]) -> Any:
    return await asking


def _other(method: str) -> Answer | None:
    """The answer to all but reading."""
    if method == "OPTIONS":
        return 204, ""
    return None if method in ("GET", "HEAD") else _message(405, "Method not allowed")


def _message(status: int, text: str) -> Answer:
    return status, json.dumps({"message": text})
