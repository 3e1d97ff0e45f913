"""The gateway's real processes, for tests from end to end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from gopura.testing.client import Client
from gopura.testing.upstream import Upstream

_HOST = "127.0.0.1"
_PATIENCE = 90.0
"""Seconds within which the processes must answer, and a command must end."""


class Processes(Client):
    """`gopura start` with its control and data process, in a folder of its own, as a user runs it; ready in seconds.

    SQLite stores what is configured, unless `settings` say otherwise: keys of `gopura.conf` with their texts, such as
    `{"database": "off", "declarative_config": "kong.yml"}`. Plugins are those of `plugins_path`, beside the bundled
    ones and what is installed. With a database one service, `echo`, and one route, `all`, are there as in `Gateway`.

    Requests go to the proxy; `admin` sends them to the Admin API. `upstream` is the echo server, `log` what the
    processes wrote. RuntimeError with that text when they do not become ready.
    """

    def __init__(
        self, *, plugins_path: Path | str | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        ports = _free_ports(3)
        super().__init__(ports[0], timeout=_PATIENCE)
        self.admin = Client(ports[1], timeout=_PATIENCE)
        self.upstream = Upstream()
        self.folder = Path(tempfile.mkdtemp(prefix="gopura-test-"))
        """Where the gateway's prefix and its log lie until `stop`."""
        listening = dict(zip(("proxy_listen", "admin_listen", "status_listen"), ports, strict=True))
        self._settings = {name: f"{_HOST}:{port}" for name, port in listening.items()}
        self._settings |= {"prefix": str(self.folder / "prefix"), "nginx_worker_processes": "1"}
        if plugins_path is not None:
            self._settings["plugins_path"] = str(Path(plugins_path).resolve())
        self._settings |= settings or {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What the processes wrote so far, to the terminal and to the error log."""
        files = (self._output, self.folder / "prefix" / "logs" / "error.log")
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def start(self) -> Self:
        """Start them, and wait until they serve."""
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - a command of our own
                _command("start"),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        end = time.monotonic() + _PATIENCE
        while not self._serves():
            if self._process.poll() is not None or time.monotonic() > end:
                text = self.log
                self.stop()
                raise RuntimeError(f"the gateway did not become ready:\n{text}")
            time.sleep(0.02)
        if self._settings.get("database") != "off" and self.admin.get("/services/echo").status == 404:
            self.admin.post("/services", json={"name": "echo", "url": self.upstream.url, "retries": 0})
            self.admin.post("/services/echo/routes", json={"name": "all", "paths": ["/"]})
        return self

    def run(self, *arguments: str) -> str:
        """Run a command, such as `reload`, for this gateway; gives what it printed, RuntimeError when it fails."""
        done = subprocess.run(  # noqa: S603 - a command of our own
            _command(*arguments),
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
        printed = done.stdout.decode(errors="replace")
        if done.returncode:
            raise RuntimeError(f"gopura {' '.join(arguments)} failed:\n{printed}")
        return printed

    def environment(self) -> dict[str, str]:
        """The environment in which `gopura` commands concern this gateway, and no other."""
        mine = {name: text for name, text in os.environ.items() if not name.startswith(("KONG_", "GOPURA_"))}
        return mine | {f"GOPURA_{name.upper()}": text for name, text in self._settings.items()}

    def stop(self) -> None:
        """Stop them, and delete the folder."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self.upstream.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _output(self) -> Path:
        return self.folder / "output.log"

    def _serves(self) -> bool:
        try:
            with socket.create_connection((_HOST, self.port), timeout=1):
                return self.admin.get("/status").status == 200
        except OSError:
            return False


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "gopura.cli", *arguments]


def _free_ports(count: int) -> list[int]:
    """Ports of this host that nobody listened on a moment ago."""
    probes = [socket.create_server((_HOST, 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
