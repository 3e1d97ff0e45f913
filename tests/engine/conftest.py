"""An engine for each test."""

from collections.abc import Iterator

import pytest

from tests.engine.proxy import Proxy


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """An engine without configuration."""
    running = Proxy()
    yield running
    running.stop()
