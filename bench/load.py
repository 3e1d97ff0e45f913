"""The load: 50 kept-alive connections that walk all routes, by wrk or, for HTTP/2, by h2load."""

import json
import re
import statistics
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case, consumer_keys
from bench.servers.base import LOAD_CORE, Server

CONNECTIONS = 50
STREAMS = 10  # concurrent requests of one HTTP/2 connection
SCRIPT = Path(__file__).with_name("walk.lua")


class LoadError(RuntimeError):
    """The load program failed, or a server answered something else than 200."""


@dataclass(frozen=True)
class Load:
    """What the client saw: requests answered, and latencies in milliseconds."""

    requests: int
    seconds: float
    p50: float
    p99: float


def drive(server: Server, case: Case, seconds: int, folder: Path) -> Load:
    """Load a server for some seconds; LoadError when any answer was not 200."""
    return (_h2load if case.http2 else _wrk)(server, case, seconds, folder)


def _run(command: list[str]) -> str:
    done = subprocess.run(["taskset", "-c", LOAD_CORE, *command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadError(f"{command[0]}: {done.stdout}{done.stderr}")
    return done.stdout


def _wrk(server: Server, case: Case, seconds: int, folder: Path) -> Load:
    walk = folder / f"{case.name}.requests"
    if not walk.exists():
        walk.write_text("\n".join(_requests(case)))
    target = f"{case.scheme}://127.0.0.1:{server.port}"
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPT)]
    output = _run(["wrk", *options, target, "--", str(walk)])
    result = json.loads(output.rsplit("RESULT ", 1)[1])
    if result["errors"]:
        raise LoadError(f"{server.name}, {case.name}: {result['errors']} failed requests\n{output}")
    return Load(result["requests"], result["seconds"], result["p50"], result["p99"])


def _requests(case: Case) -> list[str]:
    """Lines `HOST PATH KEY`, every route once, the key `-` where none is needed."""
    keys = list(consumer_keys()) if case.key_auth else ["-"]
    routes = [(host, path) for path in case.path_names for host in case.host_names]
    return [f"{host} {path} {keys[place % len(keys)]}" for place, (host, path) in enumerate(routes)]


def _h2load(server: Server, case: Case, seconds: int, folder: Path) -> Load:
    log = folder / "h2load.log"
    log.unlink(missing_ok=True)
    targets = [f"https://127.0.0.1:{server.port}{path}" for path in case.path_names]
    options = ["-t1", f"-c{CONNECTIONS}", f"-m{STREAMS}", f"-D{seconds}", f"--log-file={log}"]
    output = _run(["h2load", *options, f"-H:authority: {case.host_names[0]}", *targets])
    failed = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", output)
    good = re.search(r"status codes: (\d+) 2xx", output)
    if failed is None or good is None or any(int(count) for count in failed.groups()):
        raise LoadError(f"{server.name}, {case.name}: {output}")
    times = [int(line.split("\t")[2]) / 1000 for line in log.read_text().splitlines()]
    percentiles = statistics.quantiles(times, n=100)
    return Load(int(good[1]), float(seconds), percentiles[49], percentiles[98])
