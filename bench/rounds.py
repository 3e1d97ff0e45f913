"""The measuring: all servers of all cases run; rounds go over them in turn, so that noise meets all alike."""

import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case
from bench.load import drive
from bench.measure import memory, usage
from bench.servers.base import Server
from bench.servers.certificate import create
from bench.servers.gopura import Gopura
from bench.servers.haproxy import HAProxy
from bench.servers.nginx import Nginx, Upstream

WARM_UP = 1  # seconds
KINDS: tuple[type[Nginx] | type[HAProxy] | type[Gopura], ...] = (Nginx, HAProxy, Gopura)


@dataclass(frozen=True)
class Sample:
    """One measurement of one server in one round."""

    case: str
    server: str
    round: int
    cpu: float  # microseconds of processor time per request
    rate: float  # requests per second
    p50: float  # milliseconds
    p99: float
    memory: float  # MiB


class Bench:
    """Servers of the chosen cases, started; `run` measures them."""

    def __init__(self, folder: Path, cases: Sequence[Case]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder = folder
        self._upstream = Upstream(folder / "upstream")
        self._servers: list[tuple[Case, Server]] = []
        self._cases = cases

    def __enter__(self) -> "Bench":
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for _, server in self._servers:
            server.stop()
        self._upstream.stop()

    def _start(self) -> None:
        self._upstream.start()
        certificate = create(self._folder)
        for case in self._cases:
            for kind in [Gopura] if case.alone else KINDS:
                server = kind(self._folder / f"{kind.name}-{case.name}")
                self._servers.append((case, server))
                server.start(case, self._upstream.port, certificate)

    def run(self, rounds: int, seconds: int) -> list[Sample]:
        """Measure every server of every case once a round, in a new order each time."""
        samples = []
        for number in range(rounds):
            for case, server in random.sample(self._servers, len(self._servers)):
                sample = self._sample(case, server, number, seconds)
                print(f"round {number + 1}: {case.name:9} {server.name:8} {sample.cpu:7.2f} µs", flush=True)
                samples.append(sample)
        return samples

    def _sample(self, case: Case, server: Server, number: int, seconds: int) -> Sample:
        drive(server, case, WARM_UP, self._folder)
        before = usage(server.pid)
        load = drive(server, case, seconds, self._folder)
        cpu = usage(server.pid).since(before) * 1e6 / load.requests
        rate = load.requests / load.seconds
        return Sample(case.name, server.name, number, cpu, rate, load.p50, load.p99, memory(server.pid))
