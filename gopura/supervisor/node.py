"""One node: its prefix, sockets and processes, from start to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import signal
from typing import Any

from gopura.logs import NOTICE, LogError
from gopura.settings import Settings
from gopura.supervisor.certificates import certificates, client_pair
from gopura.supervisor.child import Child, ChildError
from gopura.supervisor.keeper import Keeper
from gopura.supervisor.key_files import CertificateError
from gopura.supervisor.launch import Bound, Launch
from gopura.supervisor.orphans import Processes
from gopura.supervisor.ownership import hand_over, hand_over_logs
from gopura.supervisor.prefix import Prefix, PrefixError
from gopura.supervisor.sockets import ListenError, Sockets
from gopura.supervisor.stand_in import StandIn
from gopura.supervisor.user import User, UserError, choose

log = logging.getLogger(__name__)

# What each kind of process listens on, in the order in which the processes start.
LISTENS = {"control": ["admin_listen"], "data": ["proxy_listen", "status_listen"]}
MODULES = {"control": "gopura.controlplane", "data": "gopura.dataplane"}
ROLES = {"traditional": ["control", "data"], "control_plane": ["control"], "data_plane": ["data"]}
_FAST_STOP_SECONDS = 10.0
# They have had their time.
_HURRIED_STOP_SECONDS = 2.0
# Every connection takes a descriptor or two.
_MANY_FILES = 1_048_576

StartError = (PrefixError, ListenError, CertificateError, UserError, ChildError, LogError)


class Node:
    """The processes of one node, and what they share. `uncontrolled` says why it started without a control process."""

    def __init__(self, settings: Settings, foreground: bool) -> None:
        self.settings = settings
        self.prefix = Prefix(settings)
        self.listening: dict[str, list[Bound]] = {}
        self.uncontrolled: str | None = None
        self._stand_in = StandIn()
        self._foreground = foreground
        self._sockets = Sockets()
        self._keepers: dict[str, Keeper] = {}
        self._changing = asyncio.Lock()
        self._user: User | None = None
        self._processes_file = Processes(settings.path("pids", "processes.json"))
        self._hurry = asyncio.Event()

    def claim(self) -> None:
        """Make this process the only one on the prefix; PrefixError when that is not possible."""
        self.prefix.prepare()
        self.prefix.take()
        self._processes_file.end_left()

    async def start(self) -> None:
        """Bind all addresses and start the processes; a StartError says what is in the way."""
        async with self._changing:
            allow_open_files(self.settings.nginx_main_worker_rlimit_nofile)
            for name, launch in (await self._launches(self.settings)).items():
                self._keepers[name] = Keeper(name, MODULES[name], launch)
            self._connect()
            await self._first_start()
            log.log(NOTICE, "started: %s", self._processes())

    async def reload(self, settings: Settings, strict: bool = False) -> None:
        """Replace the processes, without refusing a connection; a StartError keeps what runs.

        With `strict` a plugin that does not start is such an error.
        """
        async with self._changing:
            if settings.prefix != self.settings.prefix:
                raise PrefixError("the prefix cannot change while gopura runs; stop it and start it again")
            launches = await self._launches(settings, strict)
            for name, keeper in self._keepers.items():
                if name == "data":
                    await keeper.replace_overlapping(launches[name])
                else:
                    await keeper.replace_in_turn(launches[name])
            self._sockets.keep(settings, listen_names(settings))
            self.settings = settings
            log.log(NOTICE, "reloaded: %s", self._processes())

    async def stop(self, graceful: bool) -> None:
        """End all processes, the data plane first: at once, or after it has answered what it has accepted."""
        seconds = _FAST_STOP_SECONDS
        if graceful:
            drained = asyncio.create_task(self._drain())
            hurry = asyncio.create_task(self._hurry.wait())
            await asyncio.wait([drained, hurry], return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
            drained.cancel()
            seconds = _HURRIED_STOP_SECONDS
        keepers = self._keepers.values()
        await asyncio.gather(*(keeper.stop(signal.SIGTERM, seconds) for keeper in keepers))
        self._stand_in.end()
        self._sockets.close()
        self.prefix.release()

    def hurry(self) -> None:
        """Wait no longer for requests in flight: a graceful `stop` goes on as one at once."""
        self._hurry.set()

    async def _drain(self) -> None:
        for keeper in reversed(self._keepers.values()):
            await keeper.stop(signal.SIGQUIT, self.settings.drain_timeout + 5)

    def signal(self, number: signal.Signals) -> None:
        """Pass a signal on to all processes."""
        for keeper in self._keepers.values():
            keeper.signal(number)

    def reopen_logs(self) -> None:
        """Have all processes open their log files again."""
        if self._user is not None:
            hand_over_logs(self.settings, self._user)
        self.signal(signal.SIGUSR1)

    def status(self) -> dict[str, Any]:
        """What runs and where it listens."""
        return {
            "pid": os.getpid(),
            "prefix": str(self.prefix.path),
            "processes": {
                name: {"pid": keeper.child.pid if keeper.child else None, "ready": keeper.is_ready}
                for name, keeper in self._keepers.items()
            },
            "listeners": {
                name: [str(b.listener) for b in all_bound] for name, all_bound in self.listening.items()
            },
        }

    async def _first_start(self) -> None:
        """Start all at once: most of the time goes into loading code."""
        starts = {name: asyncio.create_task(keeper.start()) for name, keeper in self._keepers.items()}
        try:
            for name, start in starts.items():
                await self._started(name, start)
        finally:
            for start in starts.values():
                start.cancel()
            await asyncio.wait(starts.values())

    async def _started(self, name: str, start: asyncio.Task[None]) -> None:
        try:
            await start
        except ChildError as error:
            if name != "control" or not self._saved():
                raise
            log.error("no control process, traffic is served from the saved snapshot: %s", error)  # noqa: TRY400
            self.uncontrolled = str(error)
            self._keepers[name].on_down()
            self._keepers[name].on_failed(str(error))
            self._keepers[name].revive()

    def _processes(self) -> str:
        kept = self._keepers.items()
        return ", ".join(f"{name} process {keeper.child.pid}" for name, keeper in kept if keeper.child)

    def _saved(self) -> bool:
        return "data" in self._keepers and (self.prefix.path / "snapshot" / "current").exists()

    def _connect(self) -> None:
        """Tell the data process when it need not wait for a control process, and clients why there is none."""
        control, data = self._keepers.get("control"), self._keepers.get("data")
        if control is not None:
            control.on_failed = lambda reason: self._stand_in.begin(control.launch, reason)
            control.on_ready = self._stand_in.end
        for keeper in self._keepers.values():
            keeper.on_spawn = self._spawned
        if data is not None and control is not None:
            control.on_down = lambda: data.child.tell("alone") if data.child else None

    def _spawned(self, child: Child) -> None:
        self._processes_file.add(child.pid)
        control = self._keepers.get("control")
        if child.name == "data" and not (control and control.is_alive):
            child.tell("alone")

    async def _launches(self, settings: Settings, strict: bool = False) -> dict[str, Launch]:
        workers = worker_count(settings)
        names = listen_names(settings)
        user = (await asyncio.to_thread(choose, settings)).user
        pairs = await asyncio.to_thread(certificates, settings, names, user)
        client = await asyncio.to_thread(client_pair, settings, user)
        if user is not None:
            await asyncio.to_thread(hand_over, settings, user)
        self._user = user
        self.listening = self._sockets.bind(settings, names, workers)
        node_id = self.prefix.node_id(settings.node_id)
        token = self.prefix.debug_token(settings.request_debug_token)
        settings = settings.with_values(node_id=node_id, request_debug_token=token, **client)
        return {
            kind: Launch(
                settings,
                node_id,
                workers,
                self._foreground,
                listeners={name: self.listening[name] for name in LISTENS[kind]},
                certificates={name: pairs[name] for name in LISTENS[kind] if name in pairs},
                strict=strict,
                user=user,
            )
            for kind in ROLES[settings.role]
        }


def listen_names(settings: Settings) -> list[str]:
    """The listen settings that this node obeys in its role."""
    return [name for kind in ROLES[settings.role] for name in LISTENS[kind]]


def worker_count(settings: Settings) -> int:
    """Worker threads of the data plane."""
    configured: str = settings.nginx_main_worker_processes
    if configured != "auto":
        return int(configured)
    allowed = getattr(os, "sched_getaffinity", None)  # Linux tells which processors this process may use
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def allow_open_files(configured: str) -> None:
    """Let the processes open as many files as configured, or as many as the system grants: `auto`."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _MANY_FILES if configured == "auto" else int(configured)
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
