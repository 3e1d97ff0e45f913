"""toxiproxy: TCP links between the gateway and a server that fail in a chosen way."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess

SOURCE = Path(__file__).parent / "toxiproxy"
PACKAGE = "github.com/Shopify/toxiproxy/v2/cmd/server"


def build(binary: Path) -> None:
    """Compile the pinned version."""
    go = shutil.which("go")
    assert go, "Go builds toxiproxy: run `make test`, which brings it"
    command = [go, "build", "-mod=readonly", "-o", str(binary), PACKAGE]
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


class Link:
    """A port that leads to a server, through the faults that were added."""

    def __init__(self, api: httpx.Client, name: str, port: int) -> None:
        self._api = api
        self._path = f"/proxies/{name}"
        answer = api.post(
            "/proxies", json={"name": name, "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{port}"}
        )
        self.port = int(answer.raise_for_status().json()["listen"].rpartition(":")[2])

    def add(self, kind: str, stream: str = "downstream", **attributes: int) -> None:
        """Add a fault; `downstream` is towards the gateway. The fault `down` is that nobody is there."""
        if kind == "down":
            self._enable(False)
            return
        toxic: dict[str, Any] = {"name": kind, "type": kind, "stream": stream, "attributes": attributes}
        self._api.post(f"{self._path}/toxics", json=toxic).raise_for_status()

    def clear(self) -> None:
        """Take all faults away."""
        for toxic in self._api.get(f"{self._path}/toxics").json():
            self._api.delete(f"{self._path}/toxics/{toxic['name']}").raise_for_status()
        self._enable(True)

    def _enable(self, enabled: bool) -> None:
        self._api.post(self._path, json={"enabled": enabled}).raise_for_status()

    def close(self) -> None:
        self._api.delete(self._path).raise_for_status()


class Toxiproxy:
    """A running server, driven over its API."""

    def __init__(self, binary: Path) -> None:
        self._server = ServerProcess("toxiproxy")
        port = free_port()
        self._api = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30)
        self._server.start([binary, "-host", "127.0.0.1", "-port", str(port)], self._ready)
        self._made = 0

    def _ready(self) -> bool:
        try:
            return self._api.get("/version").status_code == 200
        except httpx.HTTPError:
            return False

    def link(self, port: int) -> Link:
        """A link to a port of this machine."""
        self._made += 1
        return Link(self._api, f"link-{self._made}", port)

    def stop(self) -> None:
        self._api.close()
        self._server.stop()
