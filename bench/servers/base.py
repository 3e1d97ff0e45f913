"""A server process pinned to one core, with a folder of its own."""

import signal
import socket
import subprocess
import time
from pathlib import Path

PROXY_CORE = "0"
LOAD_CORE = "1"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerError(RuntimeError):
    """A server did not start or refused its configuration."""


class Server:
    """What is common to all servers: a port, a process, a folder."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path, core: str = PROXY_CORE) -> None:
        self.folder = folder
        self.core = core
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServerError(f"{self.name} is not running")
        return self._process.pid

    def launch(self, command: list[str], environment: dict[str, str] | None = None, port: int = 0) -> None:
        """Start the process and wait until its port accepts connections."""
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "output.log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["taskset", "-c", self.core, *command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        end = time.monotonic() + 60
        while not _accepts(port or self.port):
            if self._process.poll() is not None or time.monotonic() > end:
                raise ServerError(f"{self.name} did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the process, by its id, and wait for its end."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
