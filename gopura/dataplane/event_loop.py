"""The event loop of plugins' coroutines, whose first step runs on the worker that serves the request.

Handing a coroutine to another thread costs far more than running it, and most coroutines of plugins
never really wait. So the loop may be borrowed: its thread holds `turn` but while it sleeps in `select`.
A worker that gets hold of `turn` is, until it gives it back, as good as the loop's own thread: it makes an
ordinary task and runs its first step. A task that waits then is finished by the loop's thread.
"""

from __future__ import annotations

import asyncio
import selectors
import sys
import threading
from asyncio import events
from collections.abc import Callable, Coroutine
from contextvars import Context
from typing import Any, TypeVarTuple

from gopura.resolver import Resolver, is_name

Work = Coroutine[Any, Any, Any]
Task = asyncio.Task[Any]
Arguments = TypeVarTuple("Arguments")
Done = Callable[[Task], None]


class BorrowedSelector(selectors.DefaultSelector):
    """The platform's selector, which lends the loop to workers while it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.turn = threading.Lock()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait with the loop lent out; leave out what a worker has unregistered meanwhile."""
        self.turn.release()
        try:
            ready = super().select(timeout)
        finally:
            self.turn.acquire()
        current = self.get_map()
        return [(key, mask) for key, mask in ready if current.get(key.fd) is key]


class PluginLoop(asyncio.SelectorEventLoop):
    """One loop for all coroutines of plugins, run by one thread, lent to workers for first steps.

    What connects on it, is sent where `resolver` says.
    """

    resolver: Resolver | None = None

    # asyncio's own, which typeshed leaves out.
    _ready: list[events.Handle]
    _scheduled: list[events.TimerHandle]
    _asyncgen_firstiter_hook: Callable[[Any], None]
    _asyncgen_finalizer_hook: Callable[[Any], None]
    _write_to_self: Callable[[], None]

    def __init__(self) -> None:
        borrowed = BorrowedSelector()
        self._turn = borrowed.turn
        self._catching = False
        self._caught: tuple[Callable[..., Any], Context]
        self._followed: dict[Done, Task] = {}
        self._thread = threading.Thread(target=self._run, name="plugin-loop", daemon=True)
        super().__init__(borrowed)
        self._uncaught = events.Handle(lambda: None, (), self)

    def start(self) -> None:
        """Start the thread that runs the loop; returns when it waits for work."""
        running = threading.Event()
        self.call_soon_threadsafe(running.set)
        self._thread.start()
        running.wait()
        with self._turn:
            pass

    def shut_down(self, timeout: float = 5.0) -> None:
        """Cancel what still runs, wait for it up to `timeout` seconds and end the thread."""
        self.call_soon_threadsafe(self.stop)
        self._thread.join(timeout)

    def adopt_thread(self) -> None:
        """Prepare the calling thread for `step`: async generators begun on it are finished by this loop."""
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)

    def step(self, work: Work) -> Task | None:
        """Run a coroutine up to where it waits, on the calling thread; None when the loop is busy.

        The task is often done already. If it is not, `follow` it.
        """
        if not self._turn.acquire(blocking=False):
            return None
        try:
            timers = len(self._scheduled)
            task = self._first_step(work)
            if self._ready or len(self._scheduled) != timers:
                self._write_to_self()
            return task
        finally:
            self._turn.release()

    def follow(self, task: Task, done: Done) -> None:
        """Call `done(task)` on the loop's thread when the task has ended; from any thread."""
        self.call_soon_threadsafe(self._follow, task, done)

    def submit(self, work: Work, done: Done) -> None:
        """Run a whole coroutine on the loop's thread and call `done(task)` there; from any thread."""
        self.call_soon_threadsafe(lambda: self._follow(self.create_task(work), done))

    def cancel(self, done: Done) -> None:
        """Cancel the task that `done` waits for, if it has not ended yet; from any thread."""
        self.call_soon_threadsafe(self._cancel, done)

    async def getaddrinfo(self, host: Any, port: Any, *, flags: int = 0, **wanted: int) -> Any:
        """Look a name up for whoever connects."""
        if self.resolver is None or not is_name(host):
            return await super().getaddrinfo(host, port, flags=flags, **wanted)
        return await self.resolver.found(host, int(port or 0), **wanted)

    if sys.version_info >= (3, 12):

        def _first_step(self, work: Work) -> Task:
            events._set_running_loop(self)
            try:
                return asyncio.Task(work, loop=self, eager_start=True)
            finally:
                events._set_running_loop(None)

    else:

        def call_soon(
            self,
            callback: Callable[[*Arguments], object],
            *args: *Arguments,
            context: Context | None = None,
        ) -> events.Handle:
            """Queue a callback, or keep it aside when it is the first step of the task that a worker makes."""
            if not self._catching:
                return super().call_soon(callback, *args, context=context)
            self._catching = False
            self._caught = callback, context or Context()
            return self._uncaught

        def _first_step(self, work: Work) -> Task:
            events._set_running_loop(self)
            try:
                self._catching = True
                task = asyncio.Task(work, loop=self)
                step, context = self._caught
                context.run(step)
                return task
            finally:
                self._catching = False
                events._set_running_loop(None)

    def _follow(self, task: Task, done: Done) -> None:
        self._followed[done] = task
        task.add_done_callback(self._ended(done))

    def _ended(self, done: Done) -> Done:
        def ended(task: Task) -> None:
            del self._followed[done]
            done(task)

        return ended

    def _cancel(self, done: Done) -> None:
        if task := self._followed.get(done):
            task.cancel()

    def _run(self) -> None:
        with self._turn:
            asyncio.set_event_loop(self)
            self.run_forever()
            self.run_until_complete(_cancel_others())
            self.run_until_complete(self.shutdown_asyncgens())
            self.run_until_complete(self.shutdown_default_executor())
            asyncio.set_event_loop(None)
            self.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
