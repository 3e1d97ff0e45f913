"""`python -m bench.admin_api`: what reads, writes and bulk loads through the Admin API cost, on both databases.

Through the real processes, one request after the other over one connection, each write awaited until it is served. The
processor time is that of the control process alone.
"""

import argparse
import asyncio
import http.client
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psutil

from gopura.settings import Settings
from gopura.store import migrate
from gopura.store.location import from_settings
from tests.servers.gateway import Gateway
from tests.servers.postgres import Postgres

BATCH = 1000
Request = tuple[str, str, dict[str, Any] | None]


class Admin:
    """A gateway's Admin API, and its control process."""

    def __init__(self, gateway: Gateway) -> None:
        self._connection = http.client.HTTPConnection(gateway.host, gateway.admin_port, timeout=600)
        self._control = next(
            process
            for process in psutil.Process().children(recursive=True)
            if "gopura.controlplane" in process.cmdline()
        )

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """One request; the answer's body."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status < 300, (method, path, answer.status, text)
        return json.loads(text)

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        times = self._control.cpu_times()
        return times.user + times.system

    def memory(self) -> float:
        """MiB."""
        return self._control.memory_info().rss / 2**20


@contextmanager
def opened(settings: Mapping[str, str]) -> Iterator[Admin]:
    """A gateway on a database."""
    if settings.get("database") == "postgres":
        asyncio.run(migrate.bootstrap(from_settings(Settings.load(None, {}, dict(settings)))))
    gateway = Gateway({"admin_access_log": "off", **settings})
    try:
        yield Admin(gateway)
    finally:
        gateway.stop()


REQUESTS: dict[str, Callable[[int], Request]] = {
    "POST of a service": lambda n: ("POST", "/services", {"name": f"s{n}", "host": "a.test"}),
    "PATCH of a service": lambda n: ("PATCH", f"/services/s{n}", {"retries": n % 100}),
    "PUT of a service": lambda n: ("PUT", f"/services/s{n}", {"host": "b.test"}),
    "POST of a route": lambda n: ("POST", f"/services/s{n}/routes", {"name": f"r{n}", "paths": [f"/{n}"]}),
    "PATCH of a route": lambda n: ("PATCH", f"/routes/r{n}", {"paths": [f"/other-{n}"]}),
    "PUT of a route": lambda n: ("PUT", f"/routes/r{n}", {"paths": [f"/{n}"], "service": {"name": f"s{n}"}}),
    "GET of a route": lambda n: ("GET", f"/routes/r{n}", None),
}


def singles(admin: Admin, count: int) -> Iterator[tuple[str, str]]:
    """Of each kind of request: how many a second, and the processor time of one."""
    for name, request in REQUESTS.items():
        started, cpu = time.perf_counter(), admin.cpu()
        for number in range(count):
            admin.send(*request(number))
        seconds, cpu = time.perf_counter() - started, admin.cpu() - cpu
        yield name, f"{count / seconds:.0f}/s, {1000 * cpu / count:.2f} ms CPU"


def bulk(admin: Admin, count: int) -> str:
    """Seconds for so many services, each with a route, in transactions of BATCH operations."""
    started = time.perf_counter()
    for start in range(0, count, BATCH // 2):
        numbers = range(start, min(start + BATCH // 2, count))
        services = [("PUT", f"/services/b{n}", {"host": "a.test"}) for n in numbers]
        routes = [("POST", f"/services/b{n}/routes", {"paths": [f"/b{n}"]}) for n in numbers]
        operations = [{"method": m, "path": p, "body": b} for m, p, b in services + routes]
        admin.send("POST", "/transaction", {"operations": operations})
    return f"{time.perf_counter() - started:.0f} s"


def walk(admin: Admin) -> str:
    """Milliseconds for a page of 1,000 routes, over all of them, and by how much the process grew."""
    before, cpu, pages, link = admin.memory(), admin.cpu(), 0, "/routes?size=1000"
    while link:
        pages, link = pages + 1, admin.send("GET", link)["next"]
    return f"{1000 * (admin.cpu() - cpu) / pages:.1f} ms CPU, growth {admin.memory() - before:.0f} MiB"


def measure(settings: Mapping[str, str], count: int, many: int) -> Iterator[tuple[str, str]]:
    """All numbers of one database."""
    with opened(settings) as admin:
        yield from singles(admin, count)
        yield f"{many:,} services and routes", bulk(admin, many)
        yield "page of 1,000 routes", walk(admin)
        yield "memory of the control process", f"{admin.memory():.0f} MiB"


def main() -> None:
    """Print a line for each number."""
    parser = argparse.ArgumentParser(prog="python -m bench.admin_api", description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="requests of each kind")
    parser.add_argument("--bulk", type=int, default=10_000, help="services, each with a route")
    options = parser.parse_args()
    server = Postgres()
    databases: dict[str, Mapping[str, str]] = {"SQLite": {}, "PostgreSQL": server.database().settings}
    try:
        for name, settings in databases.items():
            for what, number in measure(settings, options.count, options.bulk):
                print(f"{name}: {what}: {number}", flush=True)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
