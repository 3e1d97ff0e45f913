"""The real gateway with a real upstream, for tests that look at processes, files and commands."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gopura.supervisor.commands import ask
from tests.servers.echo import Echo
from tests.servers.gateway import Gateway
from tests.waiting import wait_for

PROGRAM = Path(sys.executable).with_name("gopura")


@dataclass(frozen=True)
class Node:
    """A running gateway whose one service leads to an echo server."""

    gateway: Gateway
    admin: httpx.Client
    upstream: Echo

    def pid(self, process: str) -> int:
        """Process id of `control` or `data`."""
        return self.status()["processes"][process]["pid"]

    def status(self) -> dict:
        return ask(self.gateway.prefix / "run" / "supervisor.sock", "status", 10)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a `gopura` command that concerns this gateway."""
        return run(self.gateway.environment(), *words)

    def add_route(self, name: str) -> None:
        """A route for the path `/name`."""
        answer = self.admin.post("/services/echo/routes", json={"name": name, "paths": [f"/{name}"]})
        assert answer.status_code == 201, answer.text

    def get(self, path: str) -> int:
        """Status of a request on a connection of its own."""
        return httpx.get(f"{self.gateway.proxy}{path}", trust_env=False, timeout=30).status_code

    def wait_for_request(self, target: str) -> None:
        """Wait until the upstream has got a request."""
        wait_for(lambda: any(received.target == target for received in list(self.upstream.received)))

    def errors(self) -> str:
        """The error log."""
        return (self.gateway.prefix / "logs" / "error.log").read_text()


def run(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *words], env=environment, capture_output=True, text=True, timeout=90, check=False
    )


Nodes = Callable[..., Node]


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """Starts gateways with settings of kong.conf; all are stopped at the end of the file."""
    upstream, started = Echo(), []

    def start(service: bool = True, **settings: str) -> Node:
        gateway = Gateway(settings)
        node = Node(gateway, gateway.client(), upstream)
        started.append(node)
        node.get("/")  # answered once the data plane serves
        if service:
            answer = node.admin.post("/services", json={"name": "echo", "url": upstream.url})
            assert answer.status_code == 201, answer.text
        return node

    yield start
    for node in started:
        node.admin.close()
        node.gateway.stop()
    upstream.stop()


@pytest.fixture(scope="module")
def node(nodes: Nodes) -> Node:
    """One gateway for the tests of a file."""
    return nodes()
