"""`python -m bench.workers`: processor time per request with a plugin in Python, by the number of worker threads.

Gateways with one and with two workers are loaded by wrk in turn, so that noise meets both alike. No process is pinned.
"""

import argparse
import re
import statistics
import subprocess
from contextlib import ExitStack

from bench.measure import usage
from bench.python_route import python_route
from gopura.supervisor.commands import ask
from tests.servers.gateway import Gateway

WORKERS = (1, 2)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.workers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of one measurement")
    parser.add_argument("--connections", type=int, default=50)
    return parser.parse_args()


def cost(gateway: Gateway, seconds: int, connections: int) -> tuple[float, float]:
    """Microseconds of processor time per request, and requests per second."""
    supervisor = ask(gateway.prefix / "run" / "supervisor.sock", "status", 10)["pid"]
    before = usage(supervisor)
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"{gateway.proxy}/"]
    output = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    spent = usage(supervisor).since(before)
    [count] = re.findall(r"(\d+) requests in", output)
    if "Non-2xx" in output:
        raise RuntimeError(output)
    return spent / int(count) * 1e6, int(count) / seconds


def main() -> None:
    """Print a line for each number of workers, and the ratio."""
    options = _options()
    found: dict[int, list[tuple[float, float]]] = {workers: [] for workers in WORKERS}
    with ExitStack() as stack:
        gateways = {workers: stack.enter_context(python_route(workers)) for workers in WORKERS}
        for gateway in gateways.values():
            cost(gateway, 1, options.connections)
        for _ in range(options.rounds):
            for workers, gateway in gateways.items():
                found[workers].append(cost(gateway, options.seconds, options.connections))
    for workers, samples in found.items():
        costs, rates = zip(*samples, strict=True)
        spread = f"{min(costs):.1f}-{max(costs):.1f}"
        print(
            f"{workers} workers: {statistics.median(costs):.1f} us per request ({spread}), {max(rates):.0f} requests/s"
        )
    ratios = [two / one for (one, _), (two, _) in zip(found[1], found[2], strict=True)]
    print(f"two / one: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")


if __name__ == "__main__":
    main()
