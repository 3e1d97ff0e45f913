"""A server that plugins ask, behind a bad network: what every request gets, and by when."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from gopura.testing import Answer
from gopura.testing.client import Client
from tests.resilience.toxiproxy_server import Link
from tests.waiting import wait_for

GRACE = 5.0  # seconds for a busy machine, less than the faults last
FOREVER = 20_000  # milliseconds


@dataclass(frozen=True)
class Fault:
    """A toxic on the way to or from the server; `down`: nobody is there."""

    kind: str
    attributes: dict[str, int] = field(default_factory=dict)
    stream: str = "downstream"

    def __str__(self) -> str:
        return f"{self.kind}-{self.stream}"


FAULTS = [
    Fault("down"),
    Fault("timeout", {"timeout": 0}),
    Fault("timeout", {"timeout": 0}, "upstream"),
    Fault("latency", {"latency": FOREVER}),
    Fault("reset_peer", {"timeout": 0}),
    Fault("limit_data", {"bytes": 1}),
]
SLOW = Fault("latency", {"latency": 10})
"""One that nothing should fail by."""


@dataclass(frozen=True)
class Case:
    """What a request of a plugin's route gets, while the server answers and while it does not."""

    route: str
    plugin: str
    config: dict[str, Any]
    working: int
    failing: int
    request: Callable[[Client, str], Answer] = lambda gateway, path: gateway.get(path)


def routed(cases: Sequence[Case]) -> dict[str, list[dict[str, Any]]]:
    """A configuration with the plugin of every case on a route of its own."""
    return {
        "routes": [{"name": case.route, "paths": [f"/{case.route}"], "service": "echo"} for case in cases],
        "plugins": [{"name": case.plugin, "route": case.route, "config": case.config} for case in cases],
    }


def check(gateway: Client, way: Link, fault: Fault, cases: Sequence[Case], limit: float) -> None:
    """All is well, then fails as it should, then is well again; no request takes longer than the time-out."""
    working = {case.route: {case.working} for case in cases}
    wait_for(lambda: statuses(gateway, cases, limit) == working)
    with broken(way, fault):
        if fault == SLOW:  # a machine that stands still for longer than the time-out may fail one request
            wait_for(lambda: statuses(gateway, cases, limit) == working)
        else:
            assert statuses(gateway, cases, limit) == {case.route: {case.failing} for case in cases}
    wait_for(lambda: statuses(gateway, cases, limit) == working)


def statuses(gateway: Client, cases: Sequence[Case], limit: float) -> dict[str, set[int]]:
    """What two requests of every case get, all sent at once."""
    found: dict[str, set[int]] = {case.route: set() for case in cases}
    asked = [case for case in cases for _ in range(2)]
    with ThreadPoolExecutor(len(asked)) as clients:
        for case, status in zip(asked, clients.map(partial(_timed, gateway, limit), asked), strict=True):
            found[case.route].add(status)
    return found


@contextmanager
def broken(way: Link, fault: Fault) -> Iterator[None]:
    """Meanwhile the link has this fault."""
    way.add(fault.kind, fault.stream, **fault.attributes)
    try:
        yield
    finally:
        way.clear()


def _timed(gateway: Client, limit: float, case: Case) -> int:
    started = time.monotonic()
    answer = case.request(gateway, f"/{case.route}")
    assert time.monotonic() - started < limit + GRACE, case.route
    return answer.status
