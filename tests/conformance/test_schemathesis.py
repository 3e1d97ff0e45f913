"""schemathesis: the Admin API answers what its own description says, whatever it is sent."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
UV = Path(sys.executable).with_name("uv")
SEED = "1"

# What is made in one step and used, changed or deleted in the next ones.
_CONNECTED = (
    r"^/(services|routes|consumers|key-auths|key-sets|acls)"
    r"(/\{[a-z_]+\}(/(routes|key-auth|keys|acls|service|consumer)(/\{[a-z_]+\})?)?)?$"
)
# The borders of every value, for one entity of every kind of rule, and for what is no entity.
_BORDERS = r"^/(|(services|consumers)(/\{[a-z]+\})?|routes|tags|status|metrics|transaction|schemas/.*)$"
RUNS = {
    "everything": ["--phases=examples,fuzzing", "--max-examples=1"],
    "borders": ["--phases=coverage", "--max-time=30", "--include-path-regex", _BORDERS],
    "connected": [
        "--phases=stateful",
        "--mode=positive",
        "--max-examples=3",
        "--max-time=20",
        "--include-path-regex",
        _CONNECTED,
    ],
}


@pytest.fixture(scope="module")
def description() -> Iterator[str]:
    """Where an Admin API without a data plane describes itself."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/openapi.json"

    def ready() -> bool:
        try:
            return httpx.get(address, trust_env=False, timeout=30).status_code == 200
        except httpx.HTTPError:
            return False

    server = ServerProcess("admin")
    command = [sys.executable, "-m", "tests.admin.serve", str(port)]
    server.start(command, ready, environment={**os.environ, "PYTHONPATH": str(ROOT)})
    yield address
    server.stop()


@pytest.mark.timeout(330)
@pytest.mark.parametrize("run", RUNS)
def test_answers_are_described(run: str, description: str, tmp_path: Path) -> None:
    tool = ["run", "--quiet", "--no-project", "--with-requirements", str(HERE / "schemathesis.lock"), "--"]
    settings = ["schemathesis", "--config-file", str(HERE / "schemathesis.toml"), "run", description]
    options = ["--checks=all", f"--seed={SEED}", "--generation-database=none", "--no-shrink", "--no-color"]
    done = subprocess.run(
        [UV, *tool, *settings, *options, *RUNS[run]],
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
