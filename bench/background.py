"""`python -m bench.background`: what a plugin's busy background task does to the latency of others' requests.

Clients at a constant rate (h2load, one process each, so that requests come evenly and not all at once) ask a route
with a plugin in Python. Rounds go over a task that sleeps, tasks that burn a share of a core in slices of several
lengths, and the same burning by a process outside the gateway: what that costs is the machine's, not the gateway's.
All in turn, so that noise meets all alike. No process is pinned.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.python_route import python_route
from tests.servers.gateway import Gateway

CLIENTS = 20


@dataclass(frozen=True)
class Burning:
    """Where Python burns, and the length of its slices in milliseconds; 0 is the task that sleeps."""

    name: str
    milliseconds: float
    outside: bool = False


BURNINGS = (
    Burning("no task", 0),
    *(Burning(f"slices of {length} ms", length) for length in (1, 5, 20)),
    *(Burning(f"outside, {length} ms", length, outside=True) for length in (5, 20)),
)

OUTSIDE = """import sys
import time

length, share = float(sys.argv[1]) / 1000, float(sys.argv[2])
while True:
    end = time.perf_counter() + length
    while time.perf_counter() < end:
        sum(range(100))
    time.sleep(length * (1 - share) / share)
"""

BURNER = """import asyncio
import time
from typing import Annotated

from gopura.plugin import Exchange, Plugin, config


class Burner(Plugin, name="burner"):
    class Config(config.Record):
        milliseconds: Annotated[float, config.Between(0, 1000)] = 0
        share: Annotated[float, config.Between(0.01, 1)] = 0.2

    config = Config()

    def configure(self, configs: list[Config]) -> None:
        self.config = configs[0] if configs else self.Config()

    def start(self) -> None:
        self.node.spawn(self.burn())

    async def burn(self) -> None:
        while True:
            length, share = self.config.milliseconds / 1000, self.config.share
            end = time.perf_counter() + length
            while time.perf_counter() < end:
                sum(range(100))
            await asyncio.sleep(length * (1 - share) / share or 0.1)

    def log(self, exchange: Exchange, config: Config) -> None:
        pass
"""


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.background", description=__doc__)
    parser.add_argument("--requests", type=int, default=2000, help="a second")
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.2, help="of a core that the task burns")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def latencies(port: int, rate: int, seconds: int) -> list[float]:
    """Milliseconds of each request."""
    with tempfile.TemporaryDirectory() as folder:
        logs = [Path(folder) / f"{client}.log" for client in range(CLIENTS)]
        pace = ["--rps", str(rate // CLIENTS), f"-D{seconds}", "--warm-up-time", "1"]
        clients = []
        for log in logs:
            words = ["h2load", "--h1", "-t1", "-c1", *pace, f"--log-file={log}", f"http://127.0.0.1:{port}/"]
            clients.append(subprocess.Popen(words, stdout=subprocess.DEVNULL))
            time.sleep(1 / rate)
        exits = [client.wait() for client in clients]
        if any(exits):
            raise RuntimeError("h2load failed")
        lines = [line.split("\t") for log in logs for line in log.read_text().splitlines()]
        if any(status != "200" for _, status, _ in lines):
            raise RuntimeError("the gateway answered something else than 200")
        return [int(microseconds) / 1000 for _, _, microseconds in lines]


@contextmanager
def outside(burning: Burning, share: float) -> Iterator[None]:
    """The process that burns beside the gateway, if this burning is one outside."""
    if not burning.outside:
        yield
        return
    words = [sys.executable, "-c", OUTSIDE, str(burning.milliseconds), str(share)]
    with subprocess.Popen(words) as process:
        try:
            yield
        finally:
            process.terminate()


def measure(gateway: Gateway, options: argparse.Namespace) -> dict[str, list[list[float]]]:
    """Of each burning the latencies, round by round."""
    found: dict[str, list[list[float]]] = {burning.name: [] for burning in BURNINGS}
    with gateway.client() as admin:
        made = admin.post("/plugins", json={"name": "burner", "config": {"share": options.share}})
        plugin = f"/plugins/{made.raise_for_status().json()['id']}"
        latencies(gateway.proxy_port, options.requests, 1)
        for _ in range(options.rounds):
            for burning in BURNINGS:
                length = 0 if burning.outside else burning.milliseconds
                admin.patch(plugin, json={"config": {"milliseconds": length}}).raise_for_status()
                with outside(burning, options.share):
                    times = latencies(gateway.proxy_port, options.requests, options.seconds)
                found[burning.name].append(times)
    return found


def main() -> None:
    """Print a line for each burning."""
    options = _options()
    with python_route(options.workers, burner=BURNER) as gateway:
        found = measure(gateway, options)
    for name, rounds in found.items():
        cells = []
        for percent in (50, 99):
            each = [statistics.quantiles(times, n=100)[percent - 1] for times in rounds]
            cells.append(f"p{percent} {statistics.median(each):.2f} ms ({min(each):.2f}-{max(each):.2f})")
        rate = statistics.mean(map(len, rounds)) / options.seconds
        print(f"{name:16} {', '.join(cells)}, {rate:.0f} requests/s")


if __name__ == "__main__":
    main()
