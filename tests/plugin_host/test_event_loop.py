"""Coroutines whose first step runs on a borrowed loop behave as any others."""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from gopura.dataplane.event_loop import PluginLoop, Task


@pytest.fixture
def loop() -> Iterator[PluginLoop]:
    loop = PluginLoop()
    loop.start()
    yield loop
    loop.shut_down()
    assert loop.is_closed()


class Waiter:
    """What a worker leaves with the loop: it is called once with the task that ended."""

    def __init__(self) -> None:
        self.outcome: Future[Any] = Future()

    def __call__(self, task: Task) -> None:
        if task.cancelled():
            self.outcome.cancel()
        elif error := task.exception():
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(task.result())


def run(loop: PluginLoop, work: Any) -> Any:
    """Do what a worker does with a coroutine."""
    waiter = Waiter()
    task = loop.step(work)
    if task is None:
        loop.submit(work, waiter)
    elif task.done():
        return task.result()
    else:
        loop.follow(task, waiter)
    return waiter.outcome.result(timeout=5)


async def never_waits() -> str:
    assert asyncio.current_task() is not None
    return threading.current_thread().name


async def sleeps() -> str:
    await asyncio.sleep(0.001)
    return threading.current_thread().name


async def times_out() -> str:
    try:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(60)
    except TimeoutError:
        return "late"
    return "early"


async def timeout_unused() -> str:
    async with asyncio.timeout(60):  # noqa: ASYNC100 - entered and left in one step
        return "done"


async def times_out_after_a_wait() -> str:
    task = asyncio.current_task()
    await asyncio.sleep(0)
    assert asyncio.current_task() is task
    return await times_out()


async def gathers() -> str:
    return ",".join(await asyncio.gather(value("a"), value("b")))


async def value(it: str) -> str:
    await asyncio.sleep(0)
    return it


async def in_thread() -> str:
    return await asyncio.to_thread(lambda: "thread")


async def in_group() -> str:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(value(it)) for it in "xy"]
    return "".join(task.result() for task in tasks)


async def queue() -> str:
    queue: asyncio.Queue[str] = asyncio.Queue()
    asyncio.get_running_loop().call_later(0.001, queue.put_nowait, "late")
    return await queue.get()


async def connects() -> str:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        line = await reader.readline()
        writer.close()
        await writer.wait_closed()
    return line.decode().strip()


VARIABLE: contextvars.ContextVar[str] = contextvars.ContextVar("VARIABLE", default="unset")


async def context_stays() -> str:
    VARIABLE.set("set")
    await asyncio.sleep(0)
    return VARIABLE.get()


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (never_waits, "MainThread"),
        (sleeps, "plugin-loop"),
        (times_out, "late"),
        (timeout_unused, "done"),
        (times_out_after_a_wait, "late"),
        (gathers, "a,b"),
        (in_thread, "thread"),
        (in_group, "xy"),
        (queue, "late"),
        (connects, "hello"),
        (context_stays, "set"),
    ],
)
def test_result(loop: PluginLoop, work: Callable[[], Awaitable[str]], expected: str) -> None:
    assert run(loop, work()) == expected
    assert VARIABLE.get() == "unset"


async def fails_at_once() -> None:
    raise ValueError("at once")


async def fails_later() -> None:
    await asyncio.sleep(0)
    raise ValueError("later")


@pytest.mark.parametrize(("work", "message"), [(fails_at_once, "at once"), (fails_later, "later")])
def test_exception(loop: PluginLoop, work: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(loop, work())


def test_cancel(loop: PluginLoop) -> None:
    seen = threading.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.set()
            raise

    waiter = Waiter()
    task = loop.step(work())
    assert task is not None
    loop.follow(task, waiter)
    loop.cancel(waiter)
    assert seen.wait(5)
    assert waiter.outcome.cancel() or waiter.outcome.cancelled()


def test_busy_loop_takes_the_whole_coroutine(loop: PluginLoop) -> None:
    blocked, free = threading.Event(), threading.Event()

    def block() -> None:
        blocked.set()
        free.wait(5)

    loop.call_soon_threadsafe(block)
    assert blocked.wait(5)
    work, waiter = never_waits(), Waiter()
    assert loop.step(work) is None
    loop.submit(work, waiter)
    free.set()
    assert waiter.outcome.result(timeout=5) == "plugin-loop"


def test_background_task_of_a_finished_coroutine_runs(loop: PluginLoop) -> None:
    ran = threading.Event()

    async def work() -> None:
        asyncio.get_running_loop().call_later(0.001, ran.set)

    run(loop, work())
    assert ran.wait(5)


def test_many_threads(loop: PluginLoop) -> None:
    async def work(n: int) -> int:
        if n % 3 == 0:
            await asyncio.sleep(0)
        if n % 7 == 0:
            await asyncio.sleep(0.0001)
        return n

    def worker() -> None:
        loop.adopt_thread()
        results.append(sum(run(loop, work(n)) for n in range(500)))

    results: list[int] = []
    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [sum(range(500))] * 4
