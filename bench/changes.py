"""`python -m bench.changes`: what a change of the configuration costs the requests that run meanwhile.

A constant-rate load walks all routes, first undisturbed, then while routes change through the Admin API, each
change awaited until it is served. Latency counts from the moment at which a request was due. No process is pinned.
"""

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.servers.nginx import Upstream
from tests.resilience.churn import change_routes, create_routes
from tests.resilience.steady_load import Seen, steady_load
from tests.servers.gateway import Gateway


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.changes", description=__doc__)
    parser.add_argument("--routes", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=50, help="a second")
    parser.add_argument("--requests", type=int, default=500, help="a second")
    parser.add_argument("--seconds", type=int, default=10, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="each idle, then with changes")
    return parser.parse_args()


def measure(gateway: Gateway, upstream: str, options: argparse.Namespace) -> list[tuple[Seen, Seen, float]]:
    """Of each round: what was seen idle, what with changes, and the changes per second that were made."""
    load = (gateway.proxy_port, [f"/route-{n}/" for n in range(options.routes)], options.requests)
    rounds = []
    with gateway.client() as admin, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        create_routes(admin, upstream, options.routes)
        pool.submit(steady_load, *load, 2).result()  # warm
        for _ in range(options.rounds):
            idle = pool.submit(steady_load, *load, options.seconds).result()
            busy = pool.submit(steady_load, *load, options.seconds)
            made = len(change_routes(admin, options.routes, options.changes, options.seconds))
            rounds.append((idle, busy.result(), made / options.seconds))
    return rounds


def _report(rounds: Sequence[tuple[Seen, Seen, float]]) -> None:
    for idle, busy, rate in rounds:
        errors = len(idle.errors) + len(busy.errors)
        times = [f"p{p} {idle.percentile(p):.2f} -> {busy.percentile(p):.2f} ms" for p in (50, 99)]
        print(
            f"{rate:.0f} changes/s: {', '.join(times)}, {errors} errors of {len(busy.latencies)}", flush=True
        )
    ratios = [busy.percentile(99) / idle.percentile(99) for idle, busy, _ in rounds]
    print(f"p99 with changes / idle: {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})")


def main() -> None:
    """Print a line for each round, and the ratio of the 99th percentiles."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="gopura-bench-"))
    upstream, gateway = Upstream(folder), Gateway({"proxy_access_log": "off", "admin_access_log": "off"})
    try:
        upstream.start()
        _report(measure(gateway, f"http://127.0.0.1:{upstream.port}", options))
    finally:
        gateway.stop()
        upstream.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
