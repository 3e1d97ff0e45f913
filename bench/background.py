"""`python -m bench.background`: what a plugin's busy background task does to the latency of others' requests.

A constant-rate load (h2load) asks a route with a plugin in Python. Rounds go over a task that sleeps and tasks that
burn a share of a core in slices of several lengths, in turn, so that noise meets all alike. No process is pinned.
"""

import argparse
import statistics
import subprocess
import tempfile
from pathlib import Path

from bench.python_route import python_route
from tests.servers.gateway import Gateway

CONNECTIONS = 20
SLICES = (0.0, 1.0, 5.0, 20.0)  # milliseconds; 0 is the task that sleeps

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
        log = Path(folder) / "h2load.log"
        pace = ["--rps", str(rate // CONNECTIONS), f"-D{seconds}", "--warm-up-time", "1"]
        words = [
            "h2load",
            "--h1",
            "-t1",
            f"-c{CONNECTIONS}",
            *pace,
            f"--log-file={log}",
            f"http://127.0.0.1:{port}/",
        ]
        subprocess.run(words, check=True, capture_output=True)
        return [int(line.split("\t")[2]) / 1000 for line in log.read_text().splitlines()]


def measure(gateway: Gateway, options: argparse.Namespace) -> dict[float, list[list[float]]]:
    """Of each slice length the latencies, round by round."""
    found: dict[float, list[list[float]]] = {length: [] for length in SLICES}
    with gateway.client() as admin:
        made = admin.post("/plugins", json={"name": "burner", "config": {"share": options.share}})
        plugin = f"/plugins/{made.raise_for_status().json()['id']}"
        latencies(gateway.proxy_port, options.requests, 1)
        for _ in range(options.rounds):
            for length, rounds in found.items():
                admin.patch(plugin, json={"config": {"milliseconds": length}}).raise_for_status()
                rounds.append(latencies(gateway.proxy_port, options.requests, options.seconds))
    return found


def main() -> None:
    """Print a line for each length of a slice."""
    options = _options()
    with python_route(options.workers, burner=BURNER) as gateway:
        found = measure(gateway, options)
    for length, rounds in found.items():
        name = f"slices of {length:g} ms" if length else "no task"
        cells = []
        for percent in (50, 99):
            each = [statistics.quantiles(times, n=100)[percent - 1] for times in rounds]
            cells.append(f"p{percent} {statistics.median(each):.2f} ms ({min(each):.2f}-{max(each):.2f})")
        print(
            f"{name:16} {', '.join(cells)}, {statistics.mean(map(len, rounds)) / options.seconds:.0f} requests/s"
        )


if __name__ == "__main__":
    main()
