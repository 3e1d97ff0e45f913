"""The real processes and the fixtures, as an author of a plugin has them."""

from pathlib import Path

import pytest

from examples.plugins.greeter import Greeter
from gopura.testing import Processes
from gopura.testing.fixtures import StartGateway, StartProcesses
from tests.waiting import wait_for

PLUGINS = Path("examples/plugins")


@pytest.fixture(scope="module")
def gateway(start_processes: StartProcesses) -> Processes:
    return start_processes(plugins_path=PLUGINS)


def test_a_plugin_in_the_real_processes(gateway: Processes) -> None:
    made = gateway.admin.post("/plugins", json={"name": "greeter", "config": {"greeting": "hi"}})
    assert made.status == 201, made.body
    assert gateway.get("/there", {"X-Name": "you"}).headers["X-Greeting"] == "hi, you"
    assert gateway.upstream.last.path == "/there"


def test_commands_are_for_this_gateway(gateway: Processes) -> None:
    assert "is healthy" in gateway.run("health")
    with pytest.raises(RuntimeError, match="gopura config failed"):
        gateway.run("config")
    gateway.run("reload")
    assert gateway.get("/").status == 400


def test_what_keeps_them_from_starting_is_told() -> None:
    with pytest.raises(RuntimeError, match="log_level"), Processes(settings={"log_level": "loud"}):
        pass


def test_without_a_database(tmp_path: Path) -> None:
    file = tmp_path / "kong.yml"
    file.write_text("_format_version: '3.0'\nservices: [{name: none, url: 'http://127.0.0.1:1'}]\n")
    with Processes(settings={"database": "off", "declarative_config": str(file)}) as gateway:
        assert [row["name"] for row in gateway.admin.get("/services").json()["data"]] == ["none"]
        folder = gateway.folder
        wait_for(lambda: f"is running, prefix {folder}" in gateway.log)
    assert not folder.exists()


def test_a_gateway_in_this_process(start_gateway: StartGateway) -> None:
    gateway = start_gateway(Greeter, config={"greeting": "hi"})
    assert gateway.get("/").headers["X-Greeting"] == "hi, stranger"
