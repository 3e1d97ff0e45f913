"""`python -m bench.changes`: what a change of the configuration costs the requests that run meanwhile.

A constant-rate load (h2load, HTTP/1.1) walks all routes, first undisturbed, then while routes change through the Admin
API, each change awaited until it is served. Each of the many connections asks seldom, so that a stall delays requests
but does not hold them back. No process is pinned.
"""

import argparse
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.servers.nginx import Upstream
from tests.resilience.churn import change_routes, create_routes
from tests.resilience.steady_load import Seen
from tests.servers.gateway import Gateway

CONNECTIONS = 100


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.changes", description=__doc__)
    parser.add_argument("--routes", type=int, default=5000)
    parser.add_argument("--changes", type=int, default=50, help="a second")
    parser.add_argument("--requests", type=int, default=1000, help="a second")
    parser.add_argument("--seconds", type=int, default=10, help="length of one measurement")
    parser.add_argument("--rounds", type=int, default=3, help="each idle, then with changes")
    return parser.parse_args()


class Load:
    """Requests for all routes in turn, at a constant rate."""

    def __init__(self, port: int, folder: Path, options: argparse.Namespace) -> None:
        self._log, uris = folder / "requests.log", folder / "uris"
        uris.write_text("".join(f"http://127.0.0.1:{port}/route-{n}/\n" for n in range(options.routes)))
        rate = options.requests / CONNECTIONS
        self._command = ["h2load", "--h1", "-t1", f"-c{CONNECTIONS}", f"--rps={rate}", f"--input-file={uris}"]

    def start(self, seconds: int) -> subprocess.Popen[str]:
        self._log.unlink(missing_ok=True)
        command = [*self._command, f"--duration={seconds}", f"--log-file={self._log}"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def seen(self, running: subprocess.Popen[str]) -> Seen:
        """What the requests met, once all are answered."""
        output, _ = running.communicate()
        lines = [line.split("\t") for line in self._log.read_text().splitlines()]
        if running.returncode or not lines:
            raise RuntimeError(f"h2load: {output}")
        latencies = [int(microseconds) / 1e6 for _, status, microseconds in lines if status == "200"]
        return Seen(latencies, [status for _, status, _ in lines if status != "200"])


def measure(
    gateway: Gateway, upstream: str, folder: Path, options: argparse.Namespace
) -> list[tuple[Seen, Seen, float]]:
    """Of each round: what was seen idle, what with changes, and the changes per second that were made."""
    load, rounds = Load(gateway.proxy_port, folder, options), []
    with gateway.client() as admin:
        create_routes(admin, upstream, options.routes)
        load.start(2).communicate()  # warm
        for _ in range(options.rounds):
            idle = load.seen(load.start(options.seconds))
            running = load.start(options.seconds)
            made = len(change_routes(admin, options.routes, options.changes, options.seconds))
            rounds.append((idle, load.seen(running), made / options.seconds))
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
        _report(measure(gateway, f"http://127.0.0.1:{upstream.port}", folder, options))
    finally:
        gateway.stop()
        upstream.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
