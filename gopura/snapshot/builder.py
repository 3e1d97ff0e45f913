"""Follows the store and has, for any data plane, the message that brings it up to date."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from gopura.entities import LEFT_OUT
from gopura.snapshot.content import Content
from gopura.snapshot.encoding import delta_message
from gopura.snapshot.window import Step, Window
from gopura.store.changes import Change
from gopura.store.errors import DatabaseUnavailable

log = logging.getLogger(__name__)
_RETRY_SECONDS = 1.0


Everything = AsyncIterator[tuple[str, list[dict[str, Any]]]]
"""Some entities of a kind at a time."""


class Source(Protocol):
    """What of the store is followed."""

    def snapshot(self) -> AbstractAsyncContextManager[tuple[int, Everything]]:
        """A version, and all entities that it has."""

    async def changes(self, after_version: int) -> list[Change]:
        """Everything after a version."""

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        """Call back after each commit."""


class Builder:
    """The newest content, kept up to date by `follow`.

    `followed` is the last change that was taken up, `version` the last one that the content shows: what no data plane
    needs makes no new version. `on_change` is called when either has grown; `on_left_out` hears the changes that no
    snapshot has.
    """

    def __init__(self, store: Source, window: int) -> None:
        self._store = store
        self._limit = window
        self._news = asyncio.Event()
        self._content = Content(0)
        self.followed = 0
        self._window = Window(0, window)
        self._deltas: dict[int, bytes] = {}
        self.on_change: Callable[[], None] = lambda: None
        self.on_left_out: Callable[[list[Change]], None] = lambda _changes: None

    @property
    def version(self) -> int:
        """Version of the newest content."""
        return self._content.version

    @property
    def hash(self) -> str:
        """Hash of the newest content."""
        return self._content.hash

    async def load(self) -> None:
        """Read everything from the store; DatabaseUnavailable when it cannot be reached."""
        async with self._store.snapshot() as (version, everything):
            content = Content(version)
            async for entity, rows in everything:
                content.add(entity, rows)
        self._content = content
        self.followed = version
        self._window = Window(version, self._limit)
        self._deltas.clear()
        self.on_change()

    async def follow(self) -> None:
        """Take up changes as they are committed, until cancelled; waits while the store is away."""
        unsubscribe = self._store.subscribe(lambda _version: self._news.set())
        self._news.set()  # something may have happened since `load`
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                await self._catch_up()
        finally:
            unsubscribe()

    def message(self, start: int) -> bytes:
        """The message for a data plane that serves version `start` (0: none): a delta if possible, else all.

        A delta is made once per start, however many data planes ask.
        """
        if not 0 < start <= self.version or not self._window.covers(start):
            return self._content.message()
        if start not in self._deltas:
            self._deltas[start] = self._window.delta(start, self.version, self._content.total)
        return self._deltas[start]

    def renumbered(self, start: int) -> bytes:
        """The message for a data plane that serves the newest content under an older version."""
        return delta_message(start, self.version, self._content.total, ())

    def without(self, left_out: Collection[tuple[str, str]]) -> bytes:
        """The whole newest snapshot but for some entities, given by kind and id."""
        return self._content.message(left_out)

    async def _catch_up(self) -> None:
        try:
            changes = await self._store.changes(self.followed)
        except DatabaseUnavailable as error:
            log.warning("cannot read changes, will try again: %s", error)
            asyncio.get_running_loop().call_later(_RETRY_SECONDS, self._news.set)
            return
        if changes and changes[0].version != self.followed + 1:
            log.warning(
                "changes before version %d are gone from the log; reading everything", changes[0].version
            )
            await self.load()
        elif changes:
            self._apply(changes)

    def _apply(self, changes: list[Change]) -> None:
        served = [change for change in changes if change.entity not in LEFT_OUT]
        for change in served:
            encoded = self._content.put(change.entity, change.id, change.after)
            self._window.add(Step(change.version, change.entity, change.id, encoded))
        if served:
            self._content.version = served[-1].version
            self._deltas.clear()
        self.followed = changes[-1].version
        if len(served) < len(changes):
            self.on_left_out([change for change in changes if change.entity in LEFT_OUT])
        self.on_change()
