"""The gateway itself, by its command, in a prefix folder of its own."""

import os
import socket
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess


class Gateway:
    """A running `gopura start` with both processes; `settings` are keys of kong.conf."""

    host = "127.0.0.1"

    def __init__(self, settings: Mapping[str, str] | None = None, options: Sequence[str] = ()) -> None:
        self._options = options
        self._server = ServerProcess("gateway")
        self.prefix = self._server.folder / "prefix"
        self.proxy_port, self.tls_port, self.admin_port, self.status_port = (free_port() for _ in range(4))
        self._settings = {
            "proxy_listen": f"{self.host}:{self.proxy_port}, {self.host}:{self.tls_port} ssl http2",
            "admin_listen": f"{self.host}:{self.admin_port}",
            "status_listen": f"{self.host}:{self.status_port}",
            "nginx_worker_processes": "1",
            **(settings or {}),
        }
        self.start()

    @property
    def admin(self) -> str:
        return f"http://{self.host}:{self.admin_port}"

    @property
    def proxy(self) -> str:
        return f"http://{self.host}:{self.proxy_port}"

    @property
    def tls(self) -> str:
        return f"https://{self.host}:{self.tls_port}"

    @property
    def log(self) -> Path:
        """What the command and the processes below it wrote to their standard output and error."""
        return self._server.log

    def environment(self) -> dict[str, str]:
        """The environment in which `gopura` commands concern this gateway."""
        settings = {**self._settings, "prefix": str(self.prefix)}
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("KONG_", "GOPURA_"))
        }
        return inherited | {f"GOPURA_{name.upper()}": value for name, value in settings.items()}

    def start(self) -> None:
        """Start the gateway (again, after `halt`) on the same ports with the same prefix."""
        program = Path(sys.executable).with_name("gopura")
        self._server.start([program, "start", *self._options], self._ready, environment=self.environment())

    def _ready(self) -> bool:
        """Whether the Admin API answers and the proxy accepts."""
        try:
            with socket.create_connection((self.host, self.proxy_port), timeout=1):
                return httpx.get(f"{self.admin}/status", trust_env=False, timeout=30).status_code == 200
        except (OSError, httpx.HTTPError):
            return False

    def client(self) -> httpx.Client:
        """A client of the Admin API."""
        return httpx.Client(base_url=self.admin, trust_env=False, timeout=30)

    def visitor(self) -> httpx.Client:
        """A client of the proxy."""
        return httpx.Client(base_url=self.proxy, trust_env=False, timeout=30)

    def tls_visitor(self, *, http2: bool = False) -> httpx.Client:
        """A client of the proxy's TLS port that accepts any certificate."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return httpx.Client(base_url=self.tls, verify=context, http2=http2, trust_env=False, timeout=30)

    def halt(self) -> None:
        self._server.halt()

    def stop(self) -> None:
        self._server.stop()
