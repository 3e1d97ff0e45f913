"""`gopura start --dev`: plugins are written while the gateway runs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import run
from tests.servers.gateway import Gateway

PLUGIN = """
from gopura.plugin import Plugin, config

class Stamp(Plugin, name="{name}"):
    class Config(config.Record):
        text: str = "{text}"

    def start(self):
        if "{text}" == "cannot start":
            raise OSError("no")

    def access(self, exchange, config):
        return exchange.exit(200, "{name} {text}")
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plugins")


@pytest.fixture(scope="module")
def gateway(folder: Path) -> Iterator[Gateway]:
    (folder / "stamp.py").write_text(PLUGIN.format(name="stamp", text="one"))
    started = Gateway({"plugins_path": str(folder)}, ["--dev"])
    with started.client() as admin:
        assert admin.post("/plugins", json={"name": "stamp"}).status_code == 201
        assert admin.post("/routes", json={"paths": ["/"]}).status_code == 201
    yield started
    started.stop()


def eventually(condition: Callable[[], bool]) -> None:
    """Nobody is told when the change is taken up."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def answers(gateway: Gateway, text: str) -> bool:
    return httpx.get(gateway.proxy, trust_env=False, timeout=30).text == text


def has(gateway: Gateway, plugin: str) -> bool:
    try:
        with gateway.client() as admin:
            return plugin in admin.get("/plugins/enabled").json()["enabled_plugins"]
    except httpx.TransportError:
        return False


@pytest.mark.timeout(400)
def test_plugins_change_while_the_gateway_runs(gateway: Gateway, folder: Path) -> None:
    stamp, other = folder / "stamp.py", folder / "other.py"
    eventually(lambda: answers(gateway, "stamp one"))
    stamp.write_text(PLUGIN.format(name="stamp", text="two"))
    eventually(lambda: answers(gateway, "stamp two"))
    stamp.write_text("def (:\n")
    eventually(lambda: f"{stamp}:1: invalid syntax" in gateway.log.read_text())
    assert answers(gateway, "stamp two")
    other.write_text(PLUGIN.format(name="other", text="new"))
    (folder / "test_other.py").write_text("import other\n")
    eventually(lambda: has(gateway, "other"))  # beside the file that cannot be loaded
    eventually(lambda: answers(gateway, "stamp two"))
    stamp.write_text(PLUGIN.format(name="stamp", text="cannot start"))
    eventually(lambda: "cannot be started: stamp" in gateway.log.read_text())
    assert answers(gateway, "stamp two")
    stamp.write_text(PLUGIN.format(name="stamp", text="three"))
    eventually(lambda: answers(gateway, "stamp three"))
    other.unlink()
    eventually(lambda: not has(gateway, "other"))
    assert answers(gateway, "stamp three")
    assert "no control plane" not in gateway.log.read_text()


@pytest.mark.parametrize(
    ("words", "settings"),
    [(["--dev", "--daemon"], {"GOPURA_PLUGINS_PATH": "."}), (["--dev"], {})],
)
def test_refused(words: list[str], settings: dict[str, str], gateway: Gateway, tmp_path: Path) -> None:
    environment = gateway.environment() | {"GOPURA_PREFIX": str(tmp_path), "GOPURA_PLUGINS_PATH": ""}
    result = run(environment | settings, "start", *words)
    assert result.returncode == 1
    assert "--dev follows the folders of plugins_path" in result.stderr
