"""Processes are killed; traffic and acknowledged writes are not."""

import psutil
import pytest

from tests.servers.process import has_ended
from tests.waiting import wait_for


@pytest.fixture(autouse=True, scope="module")
def route(node):
    node.add_route("steady")


def kill(node, process):
    """Its process id, once its connections are cut: the system takes its time to end a process."""
    victim = psutil.Process(node.pid(process))
    victim.kill()
    wait_for(lambda: has_ended(victim))
    return victim.pid


def test_control_dies_and_traffic_goes_on(node):
    node.add_route("kept")
    before = kill(node, "control")
    assert {node.get("/steady") for _ in range(20)} == {200}
    # The socket stays open, so this request waits for the new process.
    assert node.admin.get("/routes/kept").status_code == 200
    assert node.pid("control") != before
    node.add_route("after-control")
    assert node.get("/after-control") == 200


def test_data_dies_and_its_successor_serves_from_disk_on_the_same_sockets(node):
    before = kill(node, "data")
    assert {node.get("/steady") for _ in range(20)} == {200}
    assert node.pid("data") != before
    node.add_route("after-data")
    assert node.get("/after-data") == 200


def test_both_die(node):
    node.add_route("kept-twice")
    kill(node, "data")
    kill(node, "control")
    assert node.get("/steady") == 200
    assert node.admin.get("/routes/kept-twice").status_code == 200
    node.add_route("after-both")
    assert node.get("/after-both") == 200


def test_deaths_are_told(node):
    errors = node.errors()
    assert "the control process" in errors
    assert "ended unexpectedly (signal SIGKILL)" in errors
    assert "was started again" in errors
    assert node.command("health").returncode == 0


def test_control_dies_in_the_middle_of_writes(node):
    """What was acknowledged is there afterwards, and what is there is served."""
    acknowledged = []
    for number in range(30):
        if number == 15:
            kill(node, "control")
        name = f"written-{number}"
        try:
            node.add_route(name)
        except Exception:
            continue
        acknowledged.append(name)
    assert len(acknowledged) > 20
    for name in acknowledged:
        assert node.admin.get(f"/routes/{name}").status_code == 200
        assert node.get(f"/{name}") == 200
