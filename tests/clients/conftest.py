"""decK's own engine: a small Go program around its module."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.gateway import Gateway

SOURCE = Path(__file__).parent / "deck"

Deck = Callable[..., dict[str, int]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Go program of decK's engine."""
    return built(".", tmp_path_factory.mktemp("deck") / "deck")


def built(package: str, binary: Path) -> Path:
    """A Go program, built from the module's pinned dependencies."""
    go(SOURCE, "build", "-o", str(binary), package)
    return binary


def go(module: Path, command: str, *arguments: str) -> str:
    """What a command of Go prints in a module, with the dependencies that it pins."""
    program = shutil.which("go")
    assert program, "Go 1.21 or newer is needed to build the client: run `make test`, which brings one"
    done = subprocess.run(
        [program, command, "-mod=readonly", *arguments],
        cwd=module,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture
def deck(program: Path, gateway: Gateway) -> Deck:
    """Runs one command of decK against a gateway, empty at first; answers what it counted."""

    def run(command: str, *files: Path) -> dict[str, int]:
        done = subprocess.run(
            [program, gateway.admin, command, *files],
            env={"HOME": os.environ.get("HOME", "/"), "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        counts: dict[str, int] = json.loads(done.stdout or "{}")
        return counts

    run("reset")
    return run
