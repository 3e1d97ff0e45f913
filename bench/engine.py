"""An engine alone, in the imports of a data process; and measuring in a process of its own."""

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

import psutil

from gopura._engine import Engine

_P = ParamSpec("_P")
_R = TypeVar("_R")


def engine() -> Engine:
    """One that does not listen."""
    import gopura.dataplane.process  # noqa: F401 - what it costs belongs to the memory of a data process

    return Engine(json.dumps({"log_level": "crit"}).encode())


def commit(running: Engine, message: bytes) -> None:
    """Serve what a message carries."""
    running.commit(running.prepare(message), {})


def memory() -> float:
    """MiB of this process."""
    return psutil.Process().memory_info().rss / 2**20


def peak() -> float:
    """The most MiB that this process ever had."""
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1]
    return int(status.split()[0]) / 2**10


def alone(function: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run in a process that did nothing before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()
