"""A server program as a child process: awaited until it answers, stopped by its process id."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil


class ServerError(RuntimeError):
    """The program is missing, ended early or did not answer in time; the message carries its output."""


class ServerProcess:
    """One running program with a folder of its own, which goes when it stops."""

    def __init__(self, name: str, user: str | None = None) -> None:
        self.name = name
        self.user = user
        self.folder = Path(tempfile.mkdtemp(prefix=f"gopura-{name}-"))
        if user:
            shutil.chown(self.folder, user)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "output.log"

    def run(self, command: Sequence[str | Path]) -> None:
        """Run a command to its end; ServerError with its output when it fails."""
        done = subprocess.run(
            command,
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if done.returncode:
            raise ServerError(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')}")

    def start(
        self,
        command: Sequence[str | Path],
        ready: Callable[[], bool],
        seconds: float = 90,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start the program and wait until `ready` says yes."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                user=self.user,
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        end = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > end:
                output_text = self.log.read_text(errors="replace")
                self.stop()
                raise ServerError(f"{self.name} did not become ready:\n{output_text}")
            time.sleep(0.02)

    def halt(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the program and keep its folder, so that it can be started again."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the program and delete its folder."""
        self.halt(how)
        shutil.rmtree(self.folder, ignore_errors=True)


def has_ended(process: psutil.Process) -> bool:
    """Whether a process has ended, though perhaps nobody has asked for its exit code yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def program(name: str, package: str, *folders: str) -> Path:
    """Where a program lies; `folders` are globs that are searched, newest version first, before PATH."""
    for pattern in folders:
        found = sorted(Path("/").glob(f"{pattern.lstrip('/')}/{name}"), key=_version, reverse=True)
        if found:
            return found[0]
    on_path = shutil.which(name)
    if on_path is None:
        raise ServerError(f"{name} is missing: install the package {package}, or run `make test` as root")
    return Path(on_path)


def _version(path: Path) -> list[int]:
    return [int(part) for part in path.parts if part.isdigit()]
