"""`python -m bench.bodies`: the memory that large bodies cost the data plane, both ways, over every HTTP version.

curl sends and fetches bodies through the gateway; a server that counts bytes is the upstream, behind nginx where the
upstream shall speak HTTP/2. Memory is the largest growth of the data process's resident memory while a body passes.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.servers.base import LOAD_CORE
from bench.servers.certificate import Certificate, create
from bench.servers.nginx import Nginx
from gopura.supervisor.commands import ask
from tests.resilience.large_bodies import Peak, Upstream
from tests.servers.gateway import Gateway

MIB = 2**20
WARM = 2 * MIB


@dataclass(frozen=True)
class Way:
    """How the client and the upstream speak."""

    name: str
    client: str
    """curl's option."""
    tls: bool = False
    upstream: str = "HTTP/1.1"


WAYS = (
    Way("HTTP/1.1", "--http1.1"),
    Way("TLS", "--http1.1", tls=True),
    Way("HTTP/2 from the client", "--http2", tls=True),
    Way("HTTP/2 to the upstream", "--http1.1", upstream="HTTP/2.0"),
    Way("HTTP/2 on both sides", "--http2", tls=True, upstream="HTTP/2.0"),
)


class Front(Nginx):
    """nginx that speaks HTTP/2 for the upstream, and holds nothing back."""

    def front(self, upstream: str, certificate: Certificate) -> None:
        """Start it."""
        tls = f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key};"
        passing = "proxy_request_buffering off; proxy_buffering off; client_max_body_size 0;"
        location = f"location / {{ proxy_pass {upstream}; proxy_http_version 1.1; {passing} }}"
        listen = f"listen 127.0.0.1:{self.port} ssl http2;"
        self._start(f"  server {{ {listen} {tls} add_header X-Spoke $server_protocol; {location} }}")


class Bodies:
    """Passes bodies through the gateway."""

    def __init__(self, gateway: Gateway, folder: Path) -> None:
        self._gateway, self._folder = gateway, folder
        status = ask(gateway.prefix / "run" / "supervisor.sock", "status", 10)
        self.pid = int(status["processes"]["data"]["pid"])

    def download(self, way: Way, size: int) -> None:
        """Fetch a body."""
        told = self._curl(way, size, "%{size_download} %header{x-spoke}").split()
        self._check(way, told, size)

    def upload(self, way: Way, size: int) -> None:
        """Send a body."""
        body = self._folder / f"{size}.bin"
        with body.open("wb") as file:
            file.truncate(size)
        told = self._curl(way, size, "%header{x-came} %header{x-spoke}", "-T", str(body)).split()
        self._check(way, told, size)

    def _curl(self, way: Way, size: int, told: str, *options: str) -> str:
        base = self._gateway.tls if way.tls else self._gateway.proxy
        path = "h2" if way.upstream == "HTTP/2.0" else "h1"
        command = ["curl", "-sSk", "--noproxy", "*", way.client, "-H", "Expect:", "-o", "/dev/null"]
        command += ["-w", told, *options, f"{base}/{path}/{size}"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=600).stdout

    @staticmethod
    def _check(way: Way, told: list[str], size: int) -> None:
        if told[:1] != [str(size)] or (way.upstream == "HTTP/2.0") != (told[1:] == ["HTTP/2.0"]):
            raise SystemExit(f"{way.name}: {told} instead of {size} bytes over {way.upstream}")


@contextmanager
def running() -> Iterator[Bodies]:
    """A gateway before an upstream, and before the same one behind nginx."""
    with tempfile.TemporaryDirectory(prefix="gopura-bench-") as place:
        folder = Path(place)
        upstream, front = Upstream(), Front(folder / "front", LOAD_CORE)
        gateway = Gateway({"proxy_access_log": "off", "admin_access_log": "off"})
        try:
            front.front(upstream.url, create(folder))
            with gateway.client() as admin:
                _configure(admin, upstream.url, f"https://127.0.0.1:{front.port}")
            yield Bodies(gateway, folder)
        finally:
            gateway.stop()
            front.stop()
            upstream.stop()


def _configure(admin: httpx.Client, plain: str, secured: str) -> None:
    for name, url in (("h1", plain), ("h2", secured)):
        admin.put(f"/services/{name}", json={"url": url}).raise_for_status()
        admin.put(f"/services/{name}/routes/{name}", json={"paths": [f"/{name}"]}).raise_for_status()


def measure(bodies: Bodies, size: int) -> Iterator[str]:
    """A row for each way and direction."""
    for way in WAYS:
        for direction in (bodies.upload, bodies.download):
            direction(way, WARM)
            started = time.monotonic()
            with Peak(bodies.pid) as peak:
                direction(way, size)
            seconds = time.monotonic() - started
            rate = size / MIB / seconds
            yield f"| {way.name} | {direction.__name__} | {peak.growth / MIB:.1f} | {rate:,.0f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.bodies", description=__doc__)
    parser.add_argument("--size", type=int, default=1024, help="MiB of each body (default 1024)")
    size = parser.parse_args().size * MIB
    print("| way | direction | MiB more | MiB/s |\n|---|---|--:|--:|")
    with running() as bodies:
        for row in measure(bodies, size):
            print(row, flush=True)


if __name__ == "__main__":
    main()
