"""Takes up snapshots and deltas, and keeps the last good snapshot on disk."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import psutil

from gopura._engine import Engine, Prepared, SnapshotError
from gopura.dataplane.plugins import PluginHost, UnusableError
from gopura.link import messages
from gopura.plugin.node import Node

log = logging.getLogger(__name__)
_VERSION = re.compile(rb'"version":(\d+)')
_HEAD_BYTES = 120
_WHOLE_SNAPSHOT = b'{"type":"snapshot"'


class Configuration:
    """What the engine serves. One snapshot or delta is taken up at a time; traffic never waits for it."""

    def __init__(
        self,
        engine: Engine,
        plugins: PluginHost,
        node: Node,
        path: Path,
        save_delay: float,
    ) -> None:
        self._engine = engine
        self._plugins = plugins
        self._node = node
        self._path = path
        self._save_delay = save_delay
        self._unsaved = False
        self._saving = asyncio.Lock()
        self._save_due: asyncio.TimerHandle | None = None
        self._save_task: asyncio.Task[None] | None = None  # held, or it might be collected while it runs
        self._process = psutil.Process()

    def greeting(self) -> bytes:
        """The hello of the link."""
        return messages.hello(self._node.id, self._engine.version, self._engine.hash)

    def report(self) -> bytes:
        """What the control plane shows about this process; the status API gets its part."""
        own, machine = self._process.memory_info().rss, psutil.virtual_memory()
        self._engine.set_memory(own, machine.used, machine.total)
        return messages.report(
            pid=os.getpid(),
            memory=own,
            hash=self._engine.hash,
            counters=self._engine.counters(),
            limited_certificates=self._engine.limited_certificates(),
        )

    async def load(self) -> bool:
        """Take up the newest good snapshot on disk; False when there is none."""
        for path in (self._path, self._path.with_name(self._path.name + ".previous")):
            try:
                if await self._commit(partial(self._engine.load, str(path)), whole=True):
                    log.info("serving version %d from %s", self._engine.version, path)
                    return True
            except Exception as error:
                log.error("the saved snapshot cannot be used: %s", _reason(error))  # noqa: TRY400 - not a bug
        return False

    async def apply(self, message: bytes) -> bytes:
        """Serve what a message carries, whole or not at all; return the answer to it."""
        try:
            await self._commit(
                partial(self._engine.prepare, message), whole=message.startswith(_WHOLE_SNAPSHOT)
            )
        except SnapshotError as error:
            return messages.resync() if error.resync else messages.nack(_version(message), error.errors)
        except UnusableError as error:
            faults = [messages.EntityFault(entity="plugins", id=k, message=why) for k, why in error.faults]
            return messages.nack(_version(message), faults)
        except Exception as error:
            log.exception("a snapshot cannot be served")
            fault = messages.EntityFault(entity="snapshot", id="", message=_reason(error))
            return messages.nack(_version(message), [fault])
        self._save_soon()
        refusing = [
            messages.EntityFault(entity="plugins", id=key, message=why)
            for key, why in self._plugins.refusing()
        ]
        return messages.ack(self._engine.version, refusing)

    async def call(self, name: str, params: dict[str, Any]) -> Any:
        """Answer a question of the control plane."""
        if name == "log_level":
            return self._engine.set_log_level(params["level"])
        if name == "plugin":
            asked = params["plugin"], params["question"], params["params"]
            return await asyncio.to_thread(self._plugins.ask, *asked)
        if name == "forget":
            return self._node.records.forget_rows(params["rows"])
        if name in ("upstream_health", "balancer_health"):
            return self._health(name, params["upstream"])
        if name == "set_target_health":
            return self._set_health(
                params["upstream"], params["target"], params["address"], params["healthy"]
            )
        raise LookupError(f"there is no call {name}")

    def _health(self, name: str, upstream: str) -> Any:
        """By `host:port` of each target, or of the whole balancer; None when there is no such upstream."""
        text = self._engine.upstream_health(upstream)
        if text is None:
            return None
        known = orjson.loads(text)
        return known["targets"] if name == "upstream_health" else known["balancer"] | {"id": upstream}

    def _set_health(self, upstream: str, target: str, address: str | None, healthy: bool) -> None:
        host, _, port = target.rpartition(":")
        ip = address if address is None or address.count(":") != 1 else address.partition(":")[0]
        self._engine.set_target_health(upstream, host, int(port), healthy, ip)

    async def save(self) -> None:
        """Write what is not saved yet."""
        if self._save_due is not None:
            self._save_due.cancel()
            self._save_due = None
        async with self._saving:
            if self._unsaved:
                self._unsaved = False
                await self._write()

    async def _write(self) -> None:
        try:
            await asyncio.to_thread(self._engine.save, str(self._path))
        except OSError as error:
            self._unsaved = True
            log.error("the snapshot cannot be saved: %s", error)  # noqa: TRY400 - not a bug

    async def _commit(self, prepare: Callable[[], Prepared | None], *, whole: bool) -> bool:
        """Serve what `prepare` gives; False when that is nothing. All but the plugins' own code runs off the loop."""
        if done := await asyncio.to_thread(self._replace, prepare, whole):
            self._plugins.committed()
        return done

    def _replace(self, prepare: Callable[[], Prepared | None], whole: bool) -> bool:
        prepared = prepare()
        if prepared is None:
            return False
        changed = prepared.changed_plugins
        if self._plugins.secrets.heard(prepared.vaults):
            changed = self._plugins.refreshed() + changed
        certificates = self._plugins.secrets.certificates(prepared.referring_certificates)
        bound = self._plugins.bind(changed, prepared.removed_plugins, whole=whole)
        self._engine.commit(prepared, bound, certificates)
        return True

    def _save_soon(self) -> None:
        self._unsaved = True
        if self._save_due is None:
            loop = asyncio.get_running_loop()
            self._save_due = loop.call_later(self._save_delay, self._save_now)

    def _save_now(self) -> None:
        self._save_due = None
        self._save_task = asyncio.create_task(self.save())


def _version(message: bytes) -> int:
    found = _VERSION.search(message, 0, _HEAD_BYTES)
    return int(found[1]) if found else 0


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
