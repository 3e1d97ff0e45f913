"""Fixtures for pytest: `pytest_plugins = ["gopura.testing.fixtures"]` in a `conftest.py` makes them known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest

from gopura.plugin import Plugin
from gopura.testing.gateway import Gateway
from gopura.testing.processes import Processes


class StartGateway(Protocol):
    """Starts a gateway in this process; it stops when the test ends."""

    def __call__(self, *plugins: type[Plugin], **arguments: Any) -> Gateway:
        """Take what `Gateway` takes."""


class StartProcesses(Protocol):
    """Starts the real processes; they stop when the last test of the session ends."""

    def __call__(self, *, plugins_path: Path | str | None = None, settings: Any = None) -> Processes:
        """Take what `Processes` takes."""


@pytest.fixture
def start_gateway() -> Iterator[StartGateway]:
    """Start gateways in this process, each in milliseconds: `start_gateway(Greeter, config={...})`."""
    with ExitStack() as started:
        yield lambda *plugins, **arguments: started.enter_context(Gateway(*plugins, **arguments))


@pytest.fixture(scope="session")
def start_processes() -> Iterator[StartProcesses]:
    """Start real gateways, each in seconds: `start_processes(plugins_path="plugins")`; share them by own fixtures."""
    with ExitStack() as started:
        yield lambda **arguments: started.enter_context(Processes(**arguments))
